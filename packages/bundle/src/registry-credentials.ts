import { readFileSync } from 'node:fs'
import { join } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

/** Never logged, never put into an error. */
export interface RegistryCredentials {
  readonly username: string
  readonly password: string
}

/**
 * The credentials for a registry's host: GATEHOUSE_REGISTRY_USERNAME and GATEHOUSE_REGISTRY_PASSWORD where both are set, else what
 * `docker login` wrote into `$DOCKER_CONFIG/config.json` or `~/.docker/config.json` under this very host. Credential helpers are not run.
 * Null where there are none; then the registry is asked without.
 */
export function registryCredentials(host: string, env: Environment, home: string): RegistryCredentials | null {
  const username = env['GATEHOUSE_REGISTRY_USERNAME']
  const password = env['GATEHOUSE_REGISTRY_PASSWORD']
  if (username !== undefined && password !== undefined) return { username, password }
  const folder = env['DOCKER_CONFIG'] ?? join(home, '.docker')
  const auths = member(readJson(join(folder, 'config.json')), 'auths')
  for (const name of dockerNames(host)) {
    const found = fromEntry(member(auths, name))
    if (found !== null) return found
  }
  return null
}

/** docker writes Docker Hub under an address of its own; others under the host, with or without a scheme. */
function dockerNames(host: string): readonly string[] {
  const hub = host === 'docker.io' || host === 'registry-1.docker.io' ? ['https://index.docker.io/v1/'] : []
  return [host, `https://${host}`, `https://${host}/v2/`, ...hub]
}

function fromEntry(entry: unknown): RegistryCredentials | null {
  const auth = member(entry, 'auth')
  if (typeof auth === 'string' && auth !== '') {
    const text = Buffer.from(auth, 'base64').toString('utf8')
    const colon = text.indexOf(':')
    if (colon > 0) return { username: text.slice(0, colon), password: text.slice(colon + 1) }
  }
  const username = member(entry, 'username')
  const password = member(entry, 'password')
  return typeof username === 'string' && typeof password === 'string' ? { username, password } : null
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return null
  }
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Record<string, unknown>)[name]
}
