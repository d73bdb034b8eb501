import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { ID, makeBench, type Bench } from './forge-bench.ts'

let bench: Bench
afterEach(() => bench.close())

const create = (extra: Record<string, unknown> = {}, folder = bench.source) =>
  bench.forge.createRepository({ id: ID, source: { kind: 'path', path: folder }, ...extra })

describe('a repository from a path', () => {
  test('is taken from a working tree with its branches, tags and default branch', async () => {
    bench = makeBench()
    bench.write('a.txt', 'one\n')
    const commit = bench.commit('first')
    bench.git(['branch', 'topic/x'])
    bench.git(['tag', '-a', 'v1', '-m', 'v1'])
    bench.git(['checkout', '-q', '-b', 'develop'])
    const made = await create()
    expect(made).toMatchObject({
      ok: true,
      value: { id: ID, default_branch: 'develop', head_commit: commit, shallow: false, uses_lfs: false },
    })
    expect((await bench.forge.listBranches(ID)).map((b) => b.name)).toEqual(['develop', 'main', 'topic/x'])
    expect(await bench.forge.readRef(ID, 'topic/x')).toBe(commit)
    expect(existsSync(path.join(bench.forge.repositoryFolder(ID), 'objects/info/alternates'))).toBe(false)
    expect(bench.git(['fsck', '--strict'], { cwd: bench.forge.repositoryFolder(ID) }).toString()).toBe('')
  })

  test('is taken from a bare repository, from packed refs, and from a linked working tree', async () => {
    bench = makeBench()
    bench.write('a.txt', 'one\n')
    const commit = bench.commit('first')
    bench.git(['pack-refs', '--all'])
    bench.git(['clone', '-q', '--bare', bench.source, path.join(bench.folder, 'bare.git')])
    bench.git(['worktree', 'add', '-q', path.join(bench.folder, 'linked'), '-b', 'linked'])
    for (const [i, folder] of ['bare.git', 'linked'].entries()) {
      const made = await bench.forge.createRepository({
        id: `rep_${i}`,
        source: { kind: 'path', path: path.join(bench.folder, folder) },
      })
      expect(made).toMatchObject({
        ok: true,
        value: { head_commit: commit, default_branch: folder === 'linked' ? 'linked' : 'main' },
      })
    }
  })

  test('runs nothing of the source: neither its hooks nor programs its configuration names', async () => {
    bench = makeBench()
    bench.write('a.txt', 'one\n')
    bench.commit('first')
    const trap = path.join(bench.folder, 'trap.sh')
    const sprung = path.join(bench.folder, 'sprung')
    writeFileSync(trap, `#!/bin/sh\necho "$0" >> ${sprung}\n`)
    chmodSync(trap, 0o755)
    for (const key of [
      'core.fsmonitor',
      'core.sshCommand',
      'uploadpack.packObjectsHook',
      'core.pager',
      'core.alternateRefsCommand',
    ]) {
      bench.git(['config', key, trap])
    }
    writeFileSync(path.join(bench.source, '.git/hooks/post-checkout'), `#!/bin/sh\n${trap}\n`, { mode: 0o755 })
    bench.git(['config', 'core.hooksPath', path.join(bench.source, '.git/hooks')])
    expect(await create()).toMatchObject({ ok: true })
    expect(existsSync(sprung)).toBe(false)
  })

  test('that belongs to another user is taken too', async (ctx) => {
    bench = makeBench()
    if (process.getuid?.() !== 0) ctx.skip('only root can give a folder to another user')
    bench.write('a.txt', 'one\n')
    bench.commit('first')
    const give = (folder: string): void => {
      chownSync(folder, 65534, 65534)
      for (const e of readdirSync(folder, { withFileTypes: true })) {
        if (e.isDirectory()) give(path.join(folder, e.name))
        else chownSync(path.join(folder, e.name), 65534, 65534)
      }
    }
    give(bench.source)
    expect(await create()).toMatchObject({ ok: true })
  })

  test('without commits is refused, and leaves nothing behind', async () => {
    bench = makeBench()
    expect(await create()).toMatchObject({ ok: false, code: 'repository-empty' })
    expect(readdirSync(path.join(bench.folder, 'forge'))).toEqual([])
  })

  test('whose HEAD is detached and that has no branch is told to make a branch, not a first commit', async () => {
    bench = makeBench()
    bench.write('a.txt', 'one\n')
    const commit = bench.commit('first')
    bench.git(['tag', 'v1'])
    const clone = path.join(bench.folder, 'clone')
    bench.git(['clone', '-q', '--branch', 'v1', '--single-branch', bench.source, clone])
    const refused = await create({}, clone)
    expect(refused).toMatchObject({ ok: false, code: 'repository-empty' })
    const detail = refused.ok ? '' : refused.detail
    expect(detail).toContain(`HEAD is detached at ${commit}`)
    expect(detail).toContain('git switch -c main')
    expect(detail).not.toContain('first commit')
    bench.git(['switch', '-q', '-c', 'main'], { cwd: clone })
    expect(await create({}, clone)).toMatchObject({ ok: true, value: { head_commit: commit, default_branch: 'main' } })
  })

  test('whose HEAD is detached beside branches takes one of the branches', async () => {
    bench = makeBench()
    bench.write('a.txt', 'one\n')
    const commit = bench.commit('first')
    bench.git(['checkout', '-q', '--detach'])
    expect(await create()).toMatchObject({ ok: true, value: { head_commit: commit, default_branch: 'main' } })
  })

  test('that is no repository, or is not there, is refused', async () => {
    bench = makeBench()
    mkdirSync(path.join(bench.folder, 'plain'))
    expect(await create({}, path.join(bench.folder, 'plain'))).toMatchObject({
      ok: false,
      code: 'repository-source-not-found',
    })
    expect(await create({}, path.join(bench.folder, 'nowhere'))).toMatchObject({
      ok: false,
      code: 'repository-source-not-found',
    })
    expect(await create({}, 'relative/path')).toMatchObject({ ok: false, code: 'repository-source-not-found' })
  })

  test('with missing objects is refused as unreadable', async () => {
    bench = makeBench()
    bench.write('a.txt', 'one\n')
    bench.commit('first')
    const blob = bench.git(['rev-parse', 'HEAD:a.txt']).toString().trim()
    writeFileSync(path.join(bench.source, '.git/objects/zz'), '')
    bench.git(['update-index', '--refresh'])
    const file = path.join(bench.source, '.git/objects', blob.slice(0, 2), blob.slice(2))
    chmodSync(file, 0o644)
    writeFileSync(file, 'junk')
    expect(await create()).toMatchObject({ ok: false, code: 'repository-source-unreadable' })
    expect(readdirSync(path.join(bench.folder, 'forge'))).toEqual([])
  })

  test('larger than the limit is refused', async () => {
    bench = makeBench()
    bench.write('a.bin', crypto.getRandomValues(new Uint8Array(60_000)))
    bench.commit('first')
    expect(await create({ max_bytes: 10_000 })).toMatchObject({ ok: false, code: 'repository-too-large' })
    expect(await create({ max_bytes: 1_000_000 })).toMatchObject({ ok: true })
  })

  test('of SHA-256 objects is refused by name', async () => {
    bench = makeBench()
    const folder = path.join(bench.folder, 'sha256')
    bench.git(['init', '-q', '--object-format=sha256', folder])
    expect(await create({}, folder)).toMatchObject({ ok: false, code: 'repository-format-unsupported' })
  })

  test('is made once: the second of the same id is refused, and removing is idempotent', async () => {
    bench = makeBench()
    bench.write('.gitattributes', '*.bin filter=lfs diff=lfs merge=lfs -text\n')
    bench.write('.gitmodules', '[submodule "x"]\n\tpath = x\n\turl = https://example.org/x\n')
    bench.commit('first')
    const both = await Promise.all([create(), create()])
    expect(both.map((r) => (r.ok ? 'made' : r.code)).sort()).toEqual(['made', 'repository-exists'])
    expect(await create()).toMatchObject({ ok: false, code: 'repository-exists' })
    expect(await bench.forge.describeRepository(ID)).toMatchObject({ uses_lfs: true, has_submodules: true })
    await bench.forge.removeRepository(ID)
    await bench.forge.removeRepository(ID)
    await expect(bench.forge.describeRepository(ID)).rejects.toMatchObject({ code: 'repository-not-found' })
  })

  test('that is a shallow clone is taken and said to be shallow', async () => {
    bench = makeBench()
    bench.write('a.txt', 'one\n')
    bench.commit('first')
    bench.commit('second')
    const shallow = path.join(bench.folder, 'shallow')
    bench.git(['clone', '-q', '--depth=1', `file://${bench.source}`, shallow])
    expect(await create({}, shallow)).toMatchObject({ ok: true, value: { shallow: true } })
  })
})

describe('a repository from a URL', () => {
  test.each([
    ['https://ada:secret@example.org/x.git', 'credentials-in-url'],
    ['https://token@example.org/x.git', 'credentials-in-url'],
    ['ssh://git:secret@example.org/x.git', 'credentials-in-url'],
    ['http://example.org/x.git', 'url-not-allowed'],
    ['git://example.org/x.git', 'url-not-allowed'],
    ['ext::sh -c touch% /tmp/x', 'url-not-allowed'],
    ['fd::7', 'url-not-allowed'],
    ['--upload-pack=touch /tmp/x', 'url-not-allowed'],
    ['ssh://-oProxyCommand=x/y', 'url-not-allowed'],
    ['file://host/x', 'url-not-allowed'],
    ['not a url', 'url-not-allowed'],
  ])('%s is refused as %s', async (url, code) => {
    bench = makeBench()
    expect(await bench.forge.createRepository({ id: ID, source: { kind: 'url', url } })).toMatchObject({
      ok: false,
      code,
    })
  })

  test('by ssh that git cannot reach says why: what ssh said, and what helps', async (ctx) => {
    bench = makeBench()
    const git = bench.git(['--version']).toString()
    expect(git).toContain('git version')
    // ssh of our own: a program of this name on the PATH is all that git looks for.
    const bin = path.join(bench.folder, 'bin')
    mkdirSync(bin)
    const said = [
      'No ED25519 host key is known for git.example.org and you have requested strict checking.',
      'Host key verification failed.',
    ]
    writeFileSync(
      path.join(bin, 'ssh'),
      `#!/bin/sh\nprintf '%s\\n' ${said.map((l) => `'${l}'`).join(' ')} >&2\nexit 255\n`,
      {
        mode: 0o755,
      },
    )
    const before = process.env['PATH']
    process.env['PATH'] = `${bin}:${before ?? ''}`
    ctx.onTestFinished(() => {
      process.env['PATH'] = before
    })
    const made = await bench.forge.createRepository({
      id: ID,
      source: { kind: 'url', url: 'ssh://git@git.example.org/team/app.git' },
    })
    expect(made).toMatchObject({ ok: false, code: 'repository-unreachable' })
    const detail = made.ok ? '' : made.detail
    expect(detail).toContain(said.join('; '))
    expect(detail).toContain('known_hosts')
    expect(detail).not.toContain('correct access rights')
  })

  test('of a file is read like a path', async () => {
    bench = makeBench()
    bench.write('a.txt', 'one\n')
    bench.commit('first')
    const made = await bench.forge.createRepository({ id: ID, source: { kind: 'url', url: `file://${bench.source}` } })
    expect(made).toMatchObject({ ok: true })
  })

  test('that does not answer is refused as unreachable', async () => {
    bench = makeBench({ urlProtocols: ['http'] })
    const made = await bench.forge.createRepository({
      id: ID,
      source: { kind: 'url', url: 'http://127.0.0.1:9/x.git' },
    })
    expect(made).toMatchObject({ ok: false, code: 'repository-unreachable' })
    expect(readdirSync(path.join(bench.folder, 'forge'))).toEqual([])
  })
})
