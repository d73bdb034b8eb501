import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { makeClient } from '@gatehouse/client/client'
import { cleanLine, jsonText } from '../../clean-text.ts'
import { addCommand, type Session } from '../../command.ts'
import type { Host } from '../../host.ts'
import { refusedOf } from '../../problem-text.ts'
import { GATE_STEPS } from './demo-gate.ts'
import { buildConsole, demoFolder, prepareFolder, startDemoServer, type DemoServer } from './demo-server.ts'
import { STORY_STEPS } from './demo-story.ts'
import { NotAsTold, type Step, type Told, type World } from './demo-world.ts'

const EXAMPLES = fileURLToPath(new URL('../../../../../examples', import.meta.url))
const STEPS: readonly Step[] = [...STORY_STEPS, ...GATE_STEPS]

interface StepLine extends Partial<Told> {
  readonly step: number
  readonly name: string
  readonly ok: boolean
  readonly duration_ms: number
  readonly url?: string
  readonly error?: string
}

export function demoCommands(program: Command, host: Host): void {
  addCommand(program, host, {
    usage: 'demo',
    act: null,
    summary: 'Watch one story become a merged change',
    about:
      'Starts a Gatehouse of its own (data apart from any other, thrown away at the next demo), and carries a small repository through the whole flow: every ' +
      'line is checked, and the exit code is 0 only if all came out as told. Then it stays at the printed address until Ctrl-C.',
    configure: (command) => command.option('--exit', 'stop at the end instead of staying'),
    examples: [
      ['gatehouse demo', 'stays at the printed address; Ctrl-C stops it'],
      ['gatehouse demo --exit --json', 'a JSON object a step, then the end'],
    ],
    run: (session) => runDemo(session),
  })
}

async function runDemo(session: Session): Promise<{ document: unknown; text: string; exit?: number } | null> {
  const { host, options } = session
  const began = performance.now()
  const data = demoFolder(host)
  await prepareFolder(host, data)
  buildConsole((line) => session.progress(line))
  const server = await startDemoServer(host, data)
  try {
    line(session, {
      step: 0,
      name: 'PostgreSQL, API, worker and console are up',
      ok: true,
      duration_ms: performance.now() - began,
      decided: 'ready',
      by: 'gatehouse',
      look: '/',
      facts: [`data in ${data}`],
      url: server.url,
    })
    const world = makeWorld(session, server)
    const good = await runSteps(session, world)
    if (!session.json) host.out.write(`\n${summary(session, good, performance.now() - began)}`)
    if (good && !options.flag('exit') && !host.signal.aborted) await stay(session, server, world)
    return { document: undefined, text: '', exit: good ? 0 : 1 }
  } finally {
    await server.stop()
    if (!session.json) host.out.write('stopped\n')
  }
}

function makeWorld({ host }: Session, server: DemoServer): World {
  const started = {
    url: server.url,
    folder: mkdtempSync(join(server.data, 'files-')),
    examples: EXAMPLES,
    signal: host.signal,
    isolation: null,
  }
  // The steps fill in the rest, each before the next reads it.
  return { ...started, operator: makeClient({ baseUrl: server.url, token: server.operatorToken }) } as World
}

async function runSteps(session: Session, world: World): Promise<boolean> {
  for (const [index, step] of STEPS.entries()) {
    const began = performance.now()
    const base = { step: index + 1, name: step.name }
    try {
      const told = await step.run(world)
      line(session, { ...base, ok: true, duration_ms: performance.now() - began, ...told, url: world.url + told.look })
    } catch (error) {
      if (world.signal.aborted) return false
      const why = error instanceof NotAsTold ? error.message : refusedText(error)
      line(session, { ...base, ok: false, duration_ms: performance.now() - began, error: why })
      return false
    }
  }
  return true
}

function refusedText(error: unknown): string {
  const refused = refusedOf(error)
  return refused
    ? `${refused.slug}: ${refused.detail}`
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error)
}

function line({ host, json, style }: Session, told: StepLine): void {
  const duration_ms = Math.round(told.duration_ms)
  if (json) return host.out.write(`${jsonText({ ...told, duration_ms })}\n`)
  const mark = told.ok ? style.good('✓') : style.bad('✗')
  const time = style.dim(`${(duration_ms / 1000).toFixed(1)} s`)
  const rows = [`${mark} ${String(told.step).padStart(2)} ${style.bold(told.name)}  ${time}`]
  if (told.warning !== undefined) rows.push(style.bad(`     ! ${cleanLine(told.warning)}`))
  if (told.decided !== undefined)
    rows.push(`     ${cleanLine(told.decided)} ${style.dim(`(by ${cleanLine(told.by ?? '')})`)}`)
  for (const fact of told.facts ?? []) rows.push(style.dim(`     - ${cleanLine(fact)}`))
  if (told.error !== undefined) rows.push(`     ${style.bad('not as told:')} ${cleanLine(told.error)}`)
  if (told.url !== undefined) rows.push(style.dim(`     ${told.url}`))
  host.out.write(`${rows.join('\n')}\n`)
}

function summary({ style }: Session, good: boolean, ms: number): string {
  const seconds = (ms / 1000).toFixed(1)
  return good
    ? `${style.good(`All ${STEPS.length} steps came out as told`)} in ${seconds} s\n`
    : `${style.bad('Not as told')}: see the step above (${seconds} s)\n`
}

async function stay({ host, json, style }: Session, server: DemoServer, world: World): Promise<void> {
  if (!json) {
    const tokens = Object.values(world.people).map((p) => `  ${p.login.padEnd(6)} ${p.token}`)
    host.out.write(
      `\n${style.bold(server.url)} goes on running; sign in to the console with one of these tokens of the demo:\n${tokens.join('\n')}\nCtrl-C stops it.\n`,
    )
  }
  await Promise.race([
    server.ended,
    new Promise<void>((done) => host.signal.addEventListener('abort', () => done(), { once: true })),
  ])
}
