import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { spawn } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeEmbeddedForge } from './embedded-forge.ts'
import { ID, makeStartedBench, type Bench } from './forge-bench.ts'

let bench: Bench
let base: string
let server: Server
let url: string
let limits: { max_request_bytes: number; timeout_ms: number } | undefined

/** The least that a real server does: authenticates (here: nobody), streams the body in and the answer out. */
beforeAll(async () => {
  ;({ bench, base } = await makeStartedBench({ 'a.txt': 'one\n' }))
  server = createServer((req, res) => {
    const at = new URL(req.url ?? '/', 'http://localhost')
    const found = /^\/(rep_[0-9a-f]+)\.git(\/.*)$/.exec(at.pathname)
    bench.forge
      .serve(found?.[1] ?? '', {
        method: req.method ?? '',
        path: found?.[2] ?? '',
        query: at.search.slice(1),
        headers: {
          content_type: req.headers['content-type'] ?? null,
          content_encoding: req.headers['content-encoding'] ?? null,
        },
        body: req,
        actor: { name: 'agent rename-codemod', may_push_branches: ['task/*'] },
        limits,
      })
      .then((r) => {
        res.writeHead(r.status, r.headers)
        r.body.pipe(res)
      })
      .catch((error: unknown) => {
        res.writeHead(500)
        res.end(String(error))
      })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${ID}.git`
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => {
    server.close(resolve)
  })
  bench.close()
})

/** A client's git: it must not block our loop, which serves it. */
function client(args: string[], cwd = bench.source): Promise<{ code: number; screen: string }> {
  return new Promise((resolve) => {
    const child = spawn('git', args, {
      cwd,
      env: {
        PATH: process.env['PATH'],
        HOME: bench.folder,
        LC_ALL: 'C',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_TERMINAL_PROMPT: '0',
        GIT_AUTHOR_NAME: 'Ada',
        GIT_AUTHOR_EMAIL: 'a@example.org',
        GIT_COMMITTER_NAME: 'Ada',
        GIT_COMMITTER_EMAIL: 'a@example.org',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let screen = ''
    child.stdout.on('data', (d: Buffer) => (screen += d.toString()))
    child.stderr.on('data', (d: Buffer) => (screen += d.toString()))
    child.on('close', (code) => resolve({ code: code ?? -1, screen }))
  })
}
async function newCommit(text: string): Promise<string> {
  bench.write('a.txt', text)
  bench.git(['checkout', '-q', '--detach'])
  return bench.commit(text)
}

describe('git over HTTP', () => {
  test('clones, fetches, and takes a push to a branch the actor may push', async () => {
    const copy = path.join(bench.folder, 'copy')
    expect(await client(['clone', '-q', url, copy], bench.folder)).toEqual({ code: 0, screen: '' })
    const commit = await newCommit('two\n')
    const pushed = await client(['push', url, 'HEAD:refs/heads/task/one'])
    expect(pushed.code).toBe(0)
    expect(await bench.forge.readRef(ID, 'task/one')).toBe(commit)
    expect((await client(['fetch', 'origin'], copy)).screen).toContain('task/one')
  })

  test('imports a repository from its URL, through the same protocol', async () => {
    const forge = makeEmbeddedForge({ folder: path.join(bench.folder, 'second'), urlProtocols: ['http'] })
    const made = await forge.createRepository({ id: ID, source: { kind: 'url', url } })
    expect(made).toMatchObject({ ok: true, value: { default_branch: 'main', head_commit: base } })
    const none = await forge.createRepository({ id: 'rep_2', source: { kind: 'url', url: `${url}x` } })
    expect(none).toMatchObject({ ok: false, code: 'repository-unreachable' })
  })

  test('takes a push whose body is large, packed and sent in chunks', async () => {
    bench.write('large.bin', crypto.getRandomValues(new Uint8Array(60_000)))
    for (let i = 0; i < 60; i += 1) bench.write(`many/${i}.bin`, crypto.getRandomValues(new Uint8Array(60_000)))
    const commit = await newCommit('large\n')
    expect((await client(['push', '-q', url, 'HEAD:refs/heads/task/large'])).code).toBe(0)
    expect(await bench.forge.readRef(ID, 'task/large')).toBe(commit)
  })

  const screen = async (...refspecs: string[]) => {
    const result = await client(['push', '--force', url, ...refspecs])
    expect(result.code).not.toBe(0)
    return result.screen
  }

  test('refuses a push to main, and says on the client screen why and what to do', async () => {
    await newCommit('three\n')
    const said = await screen('HEAD:refs/heads/main')
    expect(said).toContain(
      'remote: gatehouse: main is protected: changes reach it only through an approved proposal (gatehouse proposal submit)',
    )
    expect(await bench.forge.readRef(ID, 'main')).toBe(base)
  })

  test('refuses deleting main, forcing main back, and deleting a task branch', async () => {
    expect(await screen(':refs/heads/main')).toContain('main is protected')
    expect(await screen('+HEAD:refs/heads/main')).toContain('main is protected')
    expect(await screen(':refs/heads/task/one')).toContain('task/one can not be deleted by a push')
    expect(await bench.forge.readRef(ID, 'main')).toBe(base)
    expect(await bench.forge.readRef(ID, 'task/one')).not.toBeNull()
  })

  test('refuses branches outside the patterns of the actor, tags, and our own refs', async () => {
    expect(await screen('HEAD:refs/heads/release/1')).toContain('agent rename-codemod may not push to release/1')
    expect(await screen('HEAD:refs/heads/task/a/b')).toContain('may not push to task/a/b')
    expect(await screen('HEAD:refs/heads/xtask/a')).toContain('may not push to xtask/a')
    expect(await screen('HEAD:refs/tags/v9')).toContain('only branches can')
    await screen('HEAD:refs/gatehouse/proposals/x')
    expect((await bench.forge.listBranches(ID)).map((b) => b.name)).toEqual(['main', 'task/large', 'task/one'])
  })

  test('takes nothing of a push of which one part is refused', async () => {
    expect(await screen('HEAD:refs/heads/task/fine', 'HEAD:refs/heads/main')).toContain(
      'nothing of this push was taken',
    )
    expect(await bench.forge.readRef(ID, 'task/fine')).toBeNull()
  })

  test('refuses a push by path too: the repository itself holds the hook', async () => {
    const folder = bench.forge.repositoryFolder(ID)
    const toMain = await client(['push', folder, 'HEAD:refs/heads/main'])
    expect(toMain.screen).toContain('remote: gatehouse: main is protected')
    const toTask = await client(['push', `file://${folder}`, 'HEAD:refs/heads/task/two'])
    expect(toTask.screen).toContain('can not be pushed to by path')
    expect([toMain.code, toTask.code]).toEqual([1, 1])
    expect(await bench.forge.readRef(ID, 'main')).toBe(base)
  })

  test('shows no ref of ours, and serves no commit that no branch reaches', async () => {
    const tree = (await bench.forge.resolveCommit(ID, base))?.tree ?? ''
    const secret = await bench.forge.commitTree(ID, {
      tree,
      parents: [base],
      message: 'kept',
      author: { name: 'Ada', email: 'a@example.org' },
      at: '2026-01-01T00:00:00.000Z' as never,
    })
    await bench.forge.keepRef(ID, 'proposals/p1', secret)
    expect((await client(['ls-remote', url])).screen).not.toContain('gatehouse')
    expect((await client(['fetch', url, secret])).screen).toMatch(/not our ref|unadvertised/)
    expect((await client(['fetch', url, 'refs/gatehouse/proposals/p1'])).code).not.toBe(0)
  })

  test('answers 404 for anything but the smart protocol, 415 for other bodies, and never a file of the repository', async () => {
    const get = async (p: string, init: RequestInit = {}) => (await fetch(url + p, init)).status
    for (const p of ['/HEAD', '/config', '/objects/info/packs', '/info/refs', '/info/refs?service=git-evil', '/../x']) {
      expect([404, 500]).toContain(await get(p))
    }
    expect(await get('/git-receive-pack', { method: 'POST', body: 'x' })).toBe(415)
    const packed = {
      method: 'POST',
      headers: { 'content-type': 'application/x-git-upload-pack-request', 'content-encoding': 'gzip' },
    }
    expect(await get('/git-upload-pack', { ...packed, body: 'no gzip' })).toBe(400)
    expect(
      await get('/git-upload-pack', { ...packed, headers: { ...packed.headers, 'content-encoding': 'br' }, body: 'x' }),
    ).toBe(415)
  })

  test('understands gzip bodies and counts them unpacked', async () => {
    const body = gzipSync(Buffer.from(`0032want ${base}\n00000009done\n`))
    const headers = { 'content-type': 'application/x-git-upload-pack-request', 'content-encoding': 'gzip' }
    const answer = await fetch(`${url}/git-upload-pack`, { method: 'POST', headers, body })
    expect(
      Buffer.from(await answer.arrayBuffer())
        .subarray(0, 12)
        .toString(),
    ).toBe('0008NAK\nPACK')
    limits = { max_request_bytes: 1000, timeout_ms: 10_000 }
    const bomb = await fetch(`${url}/git-upload-pack`, {
      method: 'POST',
      headers,
      body: gzipSync(Buffer.alloc(5_000_000)),
    })
    expect(bomb.status).toBe(413)
    const commit = await newCommit('after the limit\n')
    expect(commit).not.toBe(base)
    bench.write('x.bin', crypto.getRandomValues(new Uint8Array(5000)))
    bench.commit('too large')
    expect((await client(['push', url, 'HEAD:refs/heads/task/big'])).code).not.toBe(0)
    expect(await bench.forge.readRef(ID, 'task/big')).toBeNull()
    limits = undefined
  })
})
