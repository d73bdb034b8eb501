/** For tests: Debian's docker-registry on loopback. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface RegistryProcess {
  readonly host: string
  readonly close: () => Promise<void>
}

/** The user of a registry with `login`, and the bcrypt hash of the password, which is all that docker-registry reads. */
export const LOGIN = { username: 'anna', password: 'horse-battery' } as const
const HTPASSWD = '$2y$05$abcdefghijklmnopqrstuuIaD78GeLOjhFneZZmrLlv0q.8mNSUiW'

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}

/** @param program path of docker-registry. @param wish `login`: takes nobody but LOGIN (htpasswd). */
export async function startRegistry(
  program: string,
  wish: { readonly login?: boolean } = {},
): Promise<RegistryProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-registry-'))
  const host = `127.0.0.1:${await freePort()}`
  const passwords = join(folder, 'htpasswd')
  writeFileSync(passwords, `${LOGIN.username}:${HTPASSWD}\n`)
  const config = {
    version: '0.1',
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: join(folder, 'registry') } },
    http: { addr: host },
    ...(wish.login === true ? { auth: { htpasswd: { realm: 'test', path: passwords } } } : {}),
  }
  // JSON is YAML.
  const file = join(folder, 'registry.yml')
  writeFileSync(file, JSON.stringify(config))
  const child = spawn(program, ['serve', file], { stdio: 'ignore' })
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    rmSync(folder, { recursive: true, force: true })
  }
  for (let tries = 0; tries < 300; tries++) {
    // oxlint-disable-next-line no-await-in-loop -- it is waited for
    if (await answers(host)) return { host, close }
    // oxlint-disable-next-line no-await-in-loop -- it is waited for
    await new Promise((done) => setTimeout(done, 200))
  }
  await close()
  throw new Error('docker-registry did not start')
}

/** Also a refusal is an answer. */
async function answers(host: string): Promise<boolean> {
  return await fetch(`http://${host}/v2/`).then(
    ({ status }) => status === 200 || status === 401,
    () => false,
  )
}
