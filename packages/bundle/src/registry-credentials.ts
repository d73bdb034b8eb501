import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { askHelper, type HelperOptions, type RegistryCredentials } from './credential-helper.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The place that is logged in to: a host, with its port where one is given, and the repository in it. */
export interface LoginPlace {
  readonly host: string
  readonly repository: string
}

/**
 * The credentials for a repository: GATEHOUSE_REGISTRY_USERNAME and GATEHOUSE_REGISTRY_PASSWORD where both are set, else what `docker login` or
 * `podman login` left. The file is the one that REGISTRY_AUTH_FILE or DOCKER_CONFIG names, else docker's and then podman's own. In a file a
 * credential helper (`credHelpers`, else `credsStore`) is asked first, then `auths`, whose names are whole hosts, or host and path
 * (containers-auth.json(5)): the longest that fits. Null where there are none; then the registry is asked without.
 */
export async function registryCredentials(
  place: LoginPlace,
  env: Environment,
  home: string,
  options: HelperOptions = {},
): Promise<RegistryCredentials | null> {
  const username = env['GATEHOUSE_REGISTRY_USERNAME']
  const password = env['GATEHOUSE_REGISTRY_PASSWORD']
  if (username !== undefined && password !== undefined) return { username, password }
  for (const file of loginFiles(env, home)) {
    // oxlint-disable-next-line no-await-in-loop -- the first that has them
    const found = await fromFile(readJson(file), place, env, options)
    if (found !== null) return found
  }
  return null
}

function loginFiles(env: Environment, home: string): readonly string[] {
  const named = env['REGISTRY_AUTH_FILE']
  if (named !== undefined && named !== '') return [named]
  const docker = env['DOCKER_CONFIG']
  if (docker !== undefined && docker !== '') return [join(docker, 'config.json')]
  const runtime = env['XDG_RUNTIME_DIR']
  return [
    join(home, '.docker', 'config.json'),
    ...(runtime === undefined || runtime === '' ? [] : [join(runtime, 'containers', 'auth.json')]),
    join(env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'containers', 'auth.json'),
  ]
}

async function fromFile(
  config: unknown,
  place: LoginPlace,
  env: Environment,
  options: HelperOptions,
): Promise<RegistryCredentials | null> {
  const helper = helperOf(config, place.host)
  const asked = helper === null ? null : await askHelper(helper, serverName(place.host), env, options)
  if (asked !== null) return asked
  const auths = member(config, 'auths')
  for (const name of [...paths(place), ...dockerNames(place.host)]) {
    const found = fromEntry(member(auths, name))
    if (found !== null) return found
  }
  return null
}

/** The helper for this very host, else the one for all; docker takes an empty name as none. */
function helperOf(config: unknown, host: string): string | null {
  const forHosts = member(config, 'credHelpers')
  const own = dockerNames(host)
    .map((name) => member(forHosts, name))
    .find((name) => typeof name === 'string')
  const helper = own ?? member(config, 'credsStore')
  return typeof helper === 'string' && helper !== '' ? helper : null
}

const HUB = 'https://index.docker.io/v1/'
const isHub = (host: string) => host === 'docker.io' || host === 'registry-1.docker.io'

/** As docker names a server to a helper. */
function serverName(host: string): string {
  return isHub(host) ? HUB : host
}

/** docker writes Docker Hub under an address of its own; others under the host, with or without a scheme. */
function dockerNames(host: string): readonly string[] {
  return [host, `https://${host}`, `https://${host}/v2/`, ...(isHub(host) ? [HUB] : [])]
}

/** host/a/b, host/a: as podman may narrow a login. */
function paths({ host, repository }: LoginPlace): string[] {
  const parts = repository.split('/')
  return parts.map((_, index) => `${host}/${parts.slice(0, parts.length - index).join('/')}`)
}

function fromEntry(entry: unknown): RegistryCredentials | null {
  // Where docker login got one, the password beside it is empty.
  const token = member(entry, 'identitytoken')
  if (typeof token === 'string' && token !== '') return { identityToken: token }
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
