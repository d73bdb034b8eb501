import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const WHO = {
  GIT_AUTHOR_NAME: 'Demo',
  GIT_AUTHOR_EMAIL: 'demo@localhost',
  GIT_COMMITTER_NAME: 'Demo',
  GIT_COMMITTER_EMAIL: 'demo@localhost',
}

export interface GitEnd {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs git in a folder of the demo as a user would. A credential goes in by the environment, never by an address or argument. */
export async function git(folder: string, args: readonly string[], token?: string): Promise<GitEnd> {
  const credential =
    token === undefined
      ? {}
      : {
          GIT_CONFIG_COUNT: '1',
          GIT_CONFIG_KEY_0: 'http.extraHeader',
          GIT_CONFIG_VALUE_0: `Authorization: Bearer ${token}`,
        }
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    ...WHO,
    ...credential,
  }
  try {
    const { stdout, stderr } = await promisify(execFile)('git', [...args], { cwd: folder, env })
    return { code: 0, out: stdout.trim(), err: stderr.trim() }
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string }
    if (typeof code !== 'number') throw error
    return { code, out: (stdout ?? '').trim(), err: (stderr ?? '').trim() }
  }
}
