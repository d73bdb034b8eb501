import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeClient } from '@gatehouse/client/client'
import { ProblemError } from '@gatehouse/client/problem-error'
import { saveLogin, serverUrl } from '../../credentials.ts'
import type { Host } from '../../host.ts'

/**
 * Logs in who may read `<data>/operator-token`. The login, or why there is none: a token that was revoked or taken away is no reason
 * not to start.
 */
export async function operatorLogin(
  host: Host,
  data: string,
  url: string,
): Promise<{ login: string } | { why: string }> {
  const file = join(data, 'operator-token')
  let token: string
  try {
    token = (await readFile(file, 'utf8')).trim()
  } catch (error) {
    return {
      why: `${file} cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown'})`,
    }
  }
  try {
    const who = await makeClient({ baseUrl: url, token, fetch: host.fetch }).call('personWhoami', {
      signal: host.signal,
    })
    saveLogin(host, serverUrl(url), token, who.person.login)
    return { login: who.person.login }
  } catch (error) {
    if (error instanceof ProblemError) return { why: `the token of ${file}: ${error.detail}` }
    throw error
  }
}
