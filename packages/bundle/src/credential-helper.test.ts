import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { askHelper } from './credential-helper.ts'
import { registryCredentials } from './registry-credentials.ts'

let folder = ''
let env: Record<string, string> = {}
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-helper-'))
  mkdirSync(join(folder, 'bin'))
  mkdirSync(join(folder, '.docker'))
  env = { PATH: `${join(folder, 'bin')}:/usr/bin:/bin` }
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A program docker-credential-<name> on the PATH. */
function helper(script: string, name = 'test'): void {
  const path = join(folder, 'bin', `docker-credential-${name}`)
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
}

const ANSWER = `echo '{"ServerURL":"r.example","Username":"anna","Secret":"pass-word"}'`
const configure = (config: unknown) => writeFileSync(join(folder, '.docker', 'config.json'), JSON.stringify(config))
const find = async (host = 'r.example') => await registryCredentials({ host, repository: 'policy' }, env, folder)
const ask = async (name = 'test') => await askHelper(name, 'r.example', env)
const refused = (...words: readonly string[]) => ({
  slug: 'registry-refused',
  message: expect.stringMatching(new RegExp(words.join('.*'), 's')),
})

test('a helper gets "get" and the server on standard input, and gives username and password as JSON', async () => {
  helper(`echo "$1 $(cat)" > "${folder}/asked"\n${ANSWER}`)
  expect(await ask()).toEqual({ username: 'anna', password: 'pass-word' })
  expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe('get r.example\n')
})

test('credHelpers is for its host, credsStore for all others, and the helper comes before auths', async () => {
  helper(`cat > /dev/null; echo '{"Username":"own","Secret":"x"}'`, 'own')
  helper(`cat > /dev/null; echo '{"Username":"all","Secret":"x"}'`, 'all')
  const auths = { 'r.example': { auth: Buffer.from('file:x').toString('base64') } }
  configure({ credHelpers: { 'r.example': 'own', 'file.example': '' }, credsStore: 'all', auths })
  expect((await find())?.username).toBe('own')
  expect((await find('s.example'))?.username).toBe('all')
  expect(await find('file.example')).toBeNull()
  configure({ credHelpers: { 's.example': 'own' }, auths })
  expect((await find())?.username).toBe('file')
})

test('Docker Hub is asked for by docker’s own name of it', async () => {
  helper(`cat > "${folder}/asked"\n${ANSWER}`)
  configure({ credsStore: 'test' })
  await find('registry-1.docker.io')
  expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe('https://index.docker.io/v1/')
})

test('a helper that has none for this server is no error: auths is next, then nobody', async () => {
  helper('cat > /dev/null; echo "credentials not found in native keychain"; exit 1')
  expect(await ask()).toBeNull()
  configure({ credsStore: 'test' })
  expect(await find()).toBeNull()
  configure({ credsStore: 'test', auths: { 'r.example': { username: 'bo', password: 'x' } } })
  expect((await find())?.username).toBe('bo')
})

test('a helper that fails is told with its own words, and nobody is asked without a login instead', async () => {
  helper('cat > /dev/null; echo "the keychain is locked"; exit 1')
  configure({ credsStore: 'test', auths: { 'r.example': { username: 'bo', password: 'x' } } })
  await expect(find()).rejects.toMatchObject(refused('docker-credential-test failed', 'the keychain is locked'))
  helper('cat > /dev/null; echo "on stderr" >&2; exit 3')
  await expect(find()).rejects.toMatchObject(refused('on stderr'))
  helper('kill -9 $$')
  await expect(find()).rejects.toMatchObject(refused('failed', 'none'))
})

test.each([
  ['no JSON', 'echo "secret-word and more"', 'no JSON'],
  ['nothing', 'true', 'no JSON'],
  ['JSON of another kind', 'echo \'["secret-word"]\'', 'without Username'],
  ['no secret', 'echo \'{"Username":"secret-word"}\'', 'without Username'],
  ['an empty secret', 'echo \'{"Username":"secret-word","Secret":""}\'', 'without Username'],
  ['more than anybody needs', 'yes secret-word | head -c 50000000', 'more than 65536 bytes'],
])('a helper that prints %s is refused, and nothing of it is told', async (_, script, words) => {
  helper(script)
  const told = await ask().catch((error: unknown) => error)
  expect(told).toMatchObject(refused(words))
  expect(String(told)).not.toContain('secret-word')
})

test('a helper that hangs is ended with what it started, and told', async () => {
  helper(`sleep 600 & echo $! > "${folder}/child"; wait`)
  const asked = askHelper('test', 'r.example', env, { helperTimeoutMs: 2000 })
  await expect(asked).rejects.toMatchObject(refused('no answer in 2 seconds'))
  const child = Number(readFileSync(join(folder, 'child'), 'utf8'))
  expect(child).toBeGreaterThan(1)
  await vi.waitFor(() => expect(running(child)).toBe(false), { timeout: 20_000 })
})

/** Whether a process runs; one that ended and waits to be collected does not. */
function running(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

test('who stops the command stops the helper', async () => {
  helper('sleep 600')
  const stop = new AbortController()
  const asked = askHelper('test', 'r.example', env, { signal: stop.signal })
  stop.abort(new Error('stopped by the user'))
  await expect(asked).rejects.toThrow('stopped by the user')
})

test.each(['../bin/test', '/bin/sh', 'a/b', '..', '.', 'a b', 'a;b', '-x', '$(x)', 'x\n', 'a\\b', 'a\0b'])(
  'a helper named %j is refused before anything is started',
  async (name) => {
    configure({ credHelpers: { 'r.example': name } })
    helper(`touch "${folder}/ran"`)
    await expect(find()).rejects.toMatchObject(refused('which is no name of a program'))
    expect(existsSync(join(folder, 'ran'))).toBe(false)
  },
)

test('a helper is looked for on the PATH only, in no folder that is relative to where we are', async () => {
  await expect(ask('absent')).rejects.toMatchObject(refused('docker-credential-absent is not on the PATH'))
  mkdirSync(join(folder, 'bin', 'docker-credential-folder'))
  await expect(ask('folder')).rejects.toMatchObject(refused('is not on the PATH'))
  helper(ANSWER)
  // From the working folder, this is where it is.
  env = { PATH: `${relative(process.cwd(), join(folder, 'bin'))}::.` }
  await expect(ask()).rejects.toMatchObject(refused('is not on the PATH'))
})

test('a helper that reads nothing of what it is given may still answer', async () => {
  helper(`exec 0<&-\n${ANSWER}`)
  expect((await ask())?.username).toBe('anna')
})
