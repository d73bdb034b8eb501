import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { openStore } from '@gatehouse/bundle/store-open'
import type { ArtifactReference } from '@gatehouse/bundle/reference'
import type { ArtifactStore } from '@gatehouse/bundle/store'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Command } from 'commander'
import type { Session } from '../../command.ts'

/** What every command that talks to a registry takes. */
export function registryOptions(command: Command): void {
  command.option('--plain-http', 'http for a registry that is not this machine; only for tests in closed networks')
}

export function storeOf({ host, options }: Session, reference: ArtifactReference): ArtifactStore {
  return openStore(reference, {
    env: host.env,
    home: host.home,
    cwd: host.cwd,
    fetch: host.fetch,
    plainHttp: options.flag('plainHttp'),
    signal: host.signal,
  })
}

/** A file that the user named, as text; `usage` where it cannot be read. */
export function givenFile({ host }: Session, option: string, path: string): string {
  try {
    return readFileSync(resolve(host.cwd, path), 'utf8')
  } catch (error) {
    throw new Problem(
      'usage',
      `${option} ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

/** An option for the URL of a service; `usage` where it is none. http only on this machine. */
export function serviceUrl(session: Session, name: string, option: string, fallback: string | null): string | null {
  const given = session.options.text(name)
  if (given === null) return fallback
  const url = URL.canParse(given) ? new URL(given) : null
  const local = url?.hostname === 'localhost' || url?.hostname === '127.0.0.1' || url?.hostname === '[::1]'
  if (url === null || !(url.protocol === 'https:' || (url.protocol === 'http:' && local)))
    throw new Problem('usage', `${option} ${given}: an https URL is needed`)
  return given.replace(/\/$/, '')
}
