import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  addingPatch,
  git,
  recipeOf,
  startFixture,
  writeFiles,
  type Fixture,
  type Someone,
} from '../features-fixture.ts'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

let f: Fixture
let repo: Awaited<ReturnType<Fixture['repository']>>
let ada: Someone

beforeAll(async () => {
  f = await startFixture({ name: 'patches' })
  repo = await f.repository('demo', { 'a.txt': 'one\ntwo\nthree\n', 'crlf.txt': 'one\r\ntwo\r\n', 'src/b.txt': 'b\n' })
  ada = await f.person('ada', 'maintainer')
})
afterAll(() => f.close())

const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64')
const change = (from: string, to: string, path = 'a.txt') =>
  [
    `diff --git a/${path} b/${path}`,
    `--- a/${path}`,
    `+++ b/${path}`,
    '@@ -1,3 +1,3 @@',
    `-${from}`,
    `+${to}`,
    ' two',
    ' three',
    '',
  ].join('\n')
const adding = (path: string, mode = '100644', line = 'x') =>
  [
    `diff --git a/${path} b/${path}`,
    `new file mode ${mode}`,
    '--- /dev/null',
    `+++ b/${path}`,
    '@@ -0,0 +1 @@',
    `+${line}`,
    '',
  ].join('\n')
const linking = (path: string, target: string) =>
  [
    `diff --git a/${path} b/${path}`,
    'new file mode 120000',
    '--- /dev/null',
    `+++ b/${path}`,
    '@@ -0,0 +1 @@',
    `+${target}`,
    '\\ No newline at end of file',
    '',
  ].join('\n')

/** Everything that a proposal leaves: rows, events, kept refs and objects that something names. */
async function left() {
  const { db, forge } = f.context
  return {
    proposals: (await db.selectFrom('proposals').select('id').execute()).length,
    tasks: (await db.selectFrom('tasks').select('id').execute()).length,
    validations: (await db.selectFrom('validations').select('id').execute()).length,
    blobs: (await db.selectFrom('blobs').select('sha256').execute()).length,
    events: (await f.events()).length,
    refs: await git(forge.repositoryFolder(repo.id), 'for-each-ref'),
  }
}

test.each([
  ['is empty', '', ['patch-empty']],
  ['is blank', '\n\n  \n', ['patch-empty', 'patch-malformed']],
  ['is prose', 'please change a.txt\n', ['patch-malformed', 'patch-empty']],
  ['is a zip of a patch', gzipSync(change('one', 'eins')), ['patch-malformed']],
  ['ends in the middle of a hunk', change('one', 'eins').slice(0, -12), ['patch-malformed']],
  ['does not fit the file', change('nine', 'neun'), ['patch-does-not-apply']],
  ['changes a file that is not there', change('one', 'eins', 'none.txt'), ['patch-does-not-apply']],
  ['adds a file that is there', adding('src/b.txt'), ['patch-does-not-apply']],
  [
    'has its CRLF lost',
    [
      'diff --git a/crlf.txt b/crlf.txt',
      '--- a/crlf.txt',
      '+++ b/crlf.txt',
      '@@ -1,2 +1,2 @@',
      '-one',
      '+eins',
      ' two',
      '',
    ].join('\n'),
    ['patch-does-not-apply'],
  ],
  [
    'changes nothing',
    ['diff --git a/a.txt b/a.txt', 'old mode 100644', 'new mode 100644', ''].join('\n'),
    ['diff-empty', 'patch-malformed', 'patch-empty'],
  ],
  [
    'names a binary file without its data',
    [
      'diff --git a/i.png b/i.png',
      'new file mode 100644',
      'index 0000000..1234567',
      'Binary files /dev/null and b/i.png differ',
      '',
    ].join('\n'),
    ['patch-binary-without-data'],
  ],
  ['leads out by ..', adding('../evil.txt'), ['patch-path-unsafe', 'patch-malformed']],
  ['leads out by a deeper ..', adding('src/../../evil.txt'), ['patch-path-unsafe', 'patch-malformed']],
  [
    'has an absolute path',
    adding('/etc/passwd').replaceAll('a//', 'a//').replaceAll('b//', '/'),
    ['patch-path-unsafe', 'patch-malformed', 'patch-does-not-apply'],
  ],
  ['writes into .git', adding('.git/config'), ['patch-path-unsafe']],
  ['writes into .GIT', adding('.GIT/hooks/pre-push'), ['patch-path-unsafe']],
  ['writes into a .git below', adding('src/.git/config'), ['patch-path-unsafe']],
  ['makes a link to /etc/passwd', linking('link', '/etc/passwd'), ['patch-symlink-unsafe']],
  ['makes a link that leads outside', linking('src/link', '../../outside'), ['patch-symlink-unsafe']],
  ['makes a link into .git', linking('link', '.git/config'), ['patch-symlink-unsafe']],
  [
    'adds a submodule',
    [
      'diff --git a/sub b/sub',
      'new file mode 160000',
      '--- /dev/null',
      '+++ b/sub',
      '@@ -0,0 +1 @@',
      `+Subproject commit ${'1'.repeat(40)}`,
      '',
    ].join('\n'),
    ['patch-submodule'],
  ],
  [
    'has a path that is not UTF-8',
    Buffer.concat([
      Buffer.from(
        'diff --git "a/\\377.txt" "b/\\377.txt"\nnew file mode 100644\n--- /dev/null\n+++ "b/\\377.txt"\n@@ -0,0 +1 @@\n+x\n',
      ),
    ]),
    ['path-not-utf8'],
  ],
  ['sets a mode that is none', adding('run.sh', '100777'), ['patch-mode-not-allowed', 'patch-malformed', 'accepted']],
] as const)('a patch that %s is refused by its slug, and nothing is left of it', async (_what, patch, slugs) => {
  const before = await left()
  const answer = await f.call(ada.token, 'POST', '/api/proposals', {
    patch: base64(patch),
    repository: 'demo',
  })
  if ((slugs as readonly string[]).includes('accepted') && answer.status === 201) return
  expect(slugs, answer.text).toContain(answer.body.code)
  expect(answer.status).toBe(422)
  expect(answer.body.detail.length).toBeGreaterThan(15)
  expect(await left()).toEqual(before)
})

test('a patch beyond the limit is refused before it is looked at, whether the body or the patch is too long', async () => {
  const before = await left()
  const line = `${'x'.repeat(1000)}\n`
  const big = `${adding('big.txt')}${line.repeat(9000)}`
  const answer = await f.call(ada.token, 'POST', '/api/proposals', { patch: base64(big), repository: 'demo' })
  expect([answer.status, answer.body.code]).toEqual([413, 'patch-too-large'])
  const huge = await f.call(
    ada.token,
    'POST',
    '/api/proposals',
    `{"repository":"demo","patch":"${'A'.repeat(15_000_000)}"}`,
  )
  expect(huge.status, huge.text.slice(0, 200)).toBe(413)
  expect(await left()).toEqual(before)
})

test.each([
  [
    'CRLF lines',
    base64(
      [
        'diff --git a/crlf.txt b/crlf.txt',
        '--- a/crlf.txt',
        '+++ b/crlf.txt',
        '@@ -1,2 +1,2 @@',
        '-one\r',
        '+eins\r',
        ' two\r',
        '',
      ].join('\n'),
    ),
    'crlf.txt',
  ],
  [
    'binary data',
    base64(
      [
        'diff --git a/i.bin b/i.bin',
        'new file mode 100644',
        'index 0000000000000000000000000000000000000000..6b0f1f1e1c0c3a3f4b1e5a5a1a1a1a1a1a1a1a1a',
        'GIT binary patch',
        'literal 0',
        'HcmV?d00001',
        '',
        'literal 0',
        'HcmV?d00001',
        '',
        '',
      ].join('\n'),
    ),
    'i.bin',
  ],
  ['a path in UTF-8', addingPatch('grüße-世界.txt', ['x']), 'grüße-世界.txt'],
] as const)('a patch with %s is taken as it is, or refused as a patch, never half', async (_what, patch, path) => {
  const before = await left()
  const answer = await f.call(ada.token, 'POST', '/api/proposals', { patch, repository: 'demo' })
  if (answer.status !== 201) {
    expect(answer.body.code, answer.text).toMatch(/^patch-/)
    expect(await left()).toEqual(before)
    return
  }
  expect(answer.body.files.map((file: { path: string }) => file.path)).toEqual([path])
  const diff = await f.call(ada.token, 'GET', `/api/proposals/${answer.body.id}/diff`)
  expect(diff.status).toBe(200)
  if (path === 'crlf.txt') expect(diff.text).toContain('+eins\r\n')
})

test('a real binary change made by git comes through byte for byte', async () => {
  const { folder } = repo
  writeFiles(folder, { 'image.bin': 'a\u0000b\u0001c' })
  await git(folder, 'add', '-A')
  const patch = await git(folder, 'diff', '--cached', '--binary')
  await git(folder, 'reset', '-q', '--hard')
  const answer = await f.call(ada.token, 'POST', '/api/proposals', { patch: base64(patch), repository: 'demo' })
  expect(answer.status, answer.text).toBe(201)
  expect(answer.body.files).toMatchObject([{ path: 'image.bin', binary: true, additions: null }])
  const kept = await f.context.forge.readFile(repo.id, answer.body.result_tree as string, 'image.bin', 100)
  expect(kept).toMatchObject({ ok: true, value: new Uint8Array(Buffer.from('a\u0000b\u0001c')) })
})

test('a second live proposal for a task is refused, and the ref of the refused one is dropped', async () => {
  const first = await f.call(ada.token, 'POST', '/api/proposals', {
    patch: addingPatch('live.txt', ['1']),
    repository: 'demo',
  })
  const before = await left()
  const second = await f.call(ada.token, 'POST', '/api/proposals', {
    patch: addingPatch('live.txt', ['2']),
    task: first.body.task_id,
  })
  expect([second.status, second.body.code, second.body.proposal_id]).toEqual([
    409,
    'task-has-live-proposal',
    first.body.id,
  ])
  expect({ ...(await left()), blobs: 0 }).toEqual({ ...before, blobs: 0 })
})

const add = (source: string, more: Record<string, unknown> = {}, who = f.owner) =>
  f.call(who.token, 'POST', '/api/repositories', { source, ...more })

test('a repository without commits, a bad address and one with credentials are refused, and no folder stays', async () => {
  const empty = join(f.folder, 'sources', 'empty')
  mkdirSync(empty, { recursive: true })
  await git(empty, 'init', '-q', '-b', 'main')
  mkdirSync(join(f.folder, 'sources', 'plain'))
  const rows = await f.context.db.selectFrom('repositories').select('id').execute()
  for (const [source, slugs] of [
    [empty, ['repository-empty']],
    [join(f.folder, 'sources', 'plain'), ['repository-source-not-found', 'repository-source-unreadable']],
    [join(f.folder, 'nowhere'), ['repository-source-not-found']],
    ['relative/path', ['repository-source-not-found', 'request-invalid', 'repository-source-unreadable']],
    ['https://user:secret@example.org/x.git', ['credentials-in-url']],
    ['file:///etc', ['url-not-allowed', 'repository-source-not-found']],
    ['ext::sh -c true', ['url-not-allowed', 'repository-source-not-found', 'request-invalid']],
    ['--upload-pack=touch /tmp/x', ['repository-source-not-found', 'request-invalid', 'repository-source-unreadable']],
    ['http://127.0.0.1:1/x.git', ['repository-unreachable', 'url-not-allowed']],
  ] as const) {
    const answer = await add(source, { name: 'wrong' })
    expect(slugs, `${source}: ${answer.text}`).toContain(answer.body.code)
    expect(answer.status).toBeLessThan(500)
    expect(answer.text).not.toContain('secret')
  }
  expect(await f.context.db.selectFrom('repositories').select('id').execute()).toEqual(rows)
  expect(JSON.stringify(f.log)).not.toContain('user:secret')
})

test('a path of the server is added by an owner alone', async () => {
  for (const source of [
    repo.folder,
    `file://${repo.folder}`,
    `FILE://${repo.folder}`,
    `file://localhost${repo.folder}`,
  ]) {
    const answer = await add(source, { name: 'mine' }, ada)
    expect([answer.status, answer.body.code], source).toEqual([403, 'forbidden'])
  }
})

test('an address inside is added by an owner alone: for another member nobody even knocks there', async () => {
  const knocks: string[] = []
  const inside = createServer((request, answer) => {
    knocks.push(request.url ?? '')
    answer.writeHead(404).end()
  })
  inside.listen(0, '127.0.0.1')
  await once(inside, 'listening')
  const { port } = inside.address() as AddressInfo
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, '[::1]:1', '169.254.169.254', '10.0.0.1'])
    for (const protocol of ['https', 'http', 'ssh']) {
      const answer = await add(`${protocol}://${host}/x.git`, { name: 'inside' }, ada)
      expect([answer.status, answer.body.code], host).toEqual([403, 'private-address'])
    }
  expect(knocks).toEqual([])
  const owner = await add(`https://127.0.0.1:${port}/x.git`, { name: 'inside' })
  expect(owner.body.code).toBe('repository-unreachable')
  inside.close()
})

test('a name is taken once, and settings change only from the version that was read', async () => {
  expect((await add(repo.folder, { name: 'demo' })).body.code).toBe('repository-exists')
  const settings = { isolation: 'none', recipe: recipeOf([['true']]) }
  const patch = (version: number) => f.call(f.owner.token, 'PATCH', '/api/repositories/demo', { version, settings })
  const answers = await Promise.all([patch(1), patch(1)])
  expect(answers.map((a) => a.status).toSorted()).toEqual([200, 409])
  expect(answers.find((a) => a.status === 409)?.body.code).toBe('version-conflict')
})
