import { dirname } from 'node:path'
import { Command } from 'commander'
import type { Host } from '../../../host.ts'
import { refusedOf } from '../../../problem-text.ts'
import { addSpecLint } from '../spec-lint.ts'
import { addSpecTrace } from '../spec-trace.ts'
import { ToolRefusal } from './tool-refusal.ts'

/**
 * What `gatehouse spec <argv> --json` prints for lint and coverage, run in this process in the served folder: the tools answer with the commands' own
 * documents. Nothing above the served folder is looked at for the top of a project (`home` is where that search ends). A refusal of the command is a
 * ToolRefusal.
 */
export async function commandDocument(root: string, argv: readonly string[]): Promise<unknown> {
  let printed = ''
  const host: Host = {
    env: {},
    cwd: root,
    home: dirname(root),
    uid: null,
    platform: process.platform,
    out: { write: (data) => void (printed += String(data)), isTty: false, columns: 80 },
    err: { write: () => undefined, isTty: false, columns: 80 },
    canAsk: false,
    ask: () => Promise.reject(new Error('nobody can be asked')),
    readInput: () => Promise.resolve(new Uint8Array()),
    fetch: () => Promise.reject(new Error('no network is used')),
    now: () => Date.now(),
    signal: new AbortController().signal,
    serverMain: '',
  }
  const program = new Command('spec').exitOverride().configureOutput({ outputError: () => undefined })
  addSpecLint(program, host)
  addSpecTrace(program, host)
  try {
    await program.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    const { slug, detail, title } = refusedOf(error)
    // What nobody foresaw keeps its stack for the person at the server.
    if (slug === 'internal-error') throw error
    throw new ToolRefusal(slug, detail === '' ? title : detail)
  }
  return JSON.parse(printed) as unknown
}
