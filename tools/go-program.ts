import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { isProgram, placesOnPath, type FoundProgram } from './found-program.ts'

/** A program of one exact version that is built from the Go module proxy and kept outside the repository. */
export interface GoProgram {
  /** Of the file, such as opa. */
  readonly name: string
  /** For people, such as OPA. */
  readonly title: string
  readonly version: string
  /** Without the version, as `go install` takes it. */
  readonly module: string
  /** Names the program where it is neither on the PATH nor in the cache folder. */
  readonly setting: string
  /** The version in what `<name> version` prints. */
  readonly says: RegExp
  /** Builds it: a path from the root of the repository. */
  readonly installer: string
}

/** `$GATEHOUSE_TOOLS_CACHE/<name>-<version>`, by default in `~/.cache/gatehouse-tools`. */
export function goCacheFolder(program: GoProgram, env: NodeJS.ProcessEnv): string {
  const root = env['GATEHOUSE_TOOLS_CACHE'] ?? join(homedir(), '.cache', 'gatehouse-tools')
  return join(root, `${program.name}-${program.version}`)
}

function versionOf(program: GoProgram, path: string): string | null {
  const said = spawnSync(path, ['version'], { encoding: 'utf8', timeout: 60_000 })
  return program.says.exec(`${said.stdout ?? ''}\n${said.stderr ?? ''}`)?.[1] ?? null
}

/**
 * The program in its right version: what the setting names, else the PATH, else the cache folder. One of another version is passed over;
 * where the setting names it, that is the reason given.
 */
export function findGoProgram(program: GoProgram, env: NodeJS.ProcessEnv = process.env): FoundProgram {
  const { name, title, version, setting, installer } = program
  const set = env[setting]
  const candidates = set === undefined ? [...placesOnPath(name, env), join(goCacheFolder(program, env), name)] : [set]
  let other = ''
  for (const path of candidates) {
    if (!isProgram(path)) continue
    const found = versionOf(program, path)
    if (found === version) return { ok: true, path }
    other = ` (${path} is version ${found ?? 'unknown'})`
  }
  const where = set === undefined ? 'neither on the PATH nor in the cache folder' : `not what ${setting} names`
  return { ok: false, reason: `${title} ${version} is ${where}${other}; build it with: node ${installer}` }
}

/** Builds the program into its cache folder unless it is found. Needs Go; takes minutes. Returns the exit code. */
export function installGoProgram(program: GoProgram, env: NodeJS.ProcessEnv = process.env): number {
  const { title, version, module, setting } = program
  const found = findGoProgram(program, env)
  if (found.ok) {
    process.stdout.write(`${title} ${version} is here: ${found.path}\n`)
    return 0
  }
  const folder = goCacheFolder(program, env)
  mkdirSync(folder, { recursive: true })
  const path = `${env['PATH'] ?? ''}${delimiter}/usr/local/go/bin`
  const built = spawnSync('go', ['install', `${module}@v${version}`], {
    env: { ...env, PATH: path, GOBIN: folder },
    stdio: 'inherit',
  })
  if (built.error !== undefined) {
    process.stderr.write(
      `Go is not on the PATH (${built.error.message}). Install Go, or set ${setting} to ${title} ${version}.\n`,
    )
    return 1
  }
  if (built.status === 0) process.stdout.write(`${title} ${version} is built: ${folder}\n`)
  return built.status ?? 1
}
