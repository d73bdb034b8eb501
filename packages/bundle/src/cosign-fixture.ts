/** For tests: cosign with a home of its own, so that it finds no cache, no credentials and no update check. */
import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Of the keys that it makes or imports. */
export const COSIGN_PASSWORD = 'correct horse'

export interface CosignRun {
  readonly ok: boolean
  /** Both streams. */
  readonly said: string
}

/** @param path of cosign. @param folder what relative paths of the arguments are in. */
export async function runCosign(path: string, folder: string, args: readonly string[]): Promise<CosignRun> {
  const home = join(folder, 'home')
  mkdirSync(home, { recursive: true })
  const env = { PATH: process.env['PATH'], HOME: home, COSIGN_PASSWORD, SIGSTORE_NO_CACHE: 'true' }
  try {
    const { stdout, stderr } = await run(path, [...args], { cwd: folder, env, timeout: 120_000 })
    return { ok: true, said: `${stdout}${stderr}` }
  } catch (error) {
    return { ok: false, said: error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error) }
  }
}

/** Arguments of "signing-config create" for services on one URL; no log and no timestamp authority without a version. */
export function signingConfigArgs(url: string, rekorVersion: 1 | 2 | null, out: string): string[] {
  const service = (name: string, version: number, suffix = '') => [
    `--${name}`,
    `url=${url}${suffix},api-version=${version},start-time=2024-01-01T00:00:00Z,operator=test`,
  ]
  const witnesses =
    rekorVersion === null
      ? []
      : [
          ...service('rekor', rekorVersion),
          '--rekor-config',
          'ANY',
          ...service('tsa', 1, '/api/v1/timestamp'),
          '--tsa-config',
          'ANY',
        ]
  return ['signing-config', 'create', ...service('fulcio', 1), ...witnesses, '--out', out]
}
