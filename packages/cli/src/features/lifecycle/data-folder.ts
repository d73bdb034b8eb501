import { join, resolve } from 'node:path'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Command } from 'commander'
import type { Host } from '../../host.ts'

export function dataOption(command: Command): void {
  command.option(
    '--data <folder>',
    'the data folder (default: $GATEHOUSE_DATA, else /var/lib/gatehouse for root, else ~/.local/share/gatehouse)',
  )
}

/** Where a Gatehouse of this machine keeps everything: database, repositories, log, `gatehouse.json`, `operator-token`. */
export function dataFolder(host: Host, given: string | null): string {
  if (given === '') throw new Problem('usage', '--data is empty; give a folder, or leave it out for the default')
  const chosen = given ?? host.env['GATEHOUSE_DATA']
  if (chosen) return resolve(host.cwd, chosen)
  if (host.uid === 0) return '/var/lib/gatehouse'
  // A relative XDG_DATA_HOME is to be ignored (XDG Base Directory Specification).
  const xdg = host.env['XDG_DATA_HOME']
  return join(xdg?.startsWith('/') ? xdg : join(host.home, '.local', 'share'), 'gatehouse')
}
