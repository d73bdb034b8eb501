import { once } from 'node:events'
import { homedir } from 'node:os'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

export interface Output {
  /** Text must have gone through `printable` or come from us; bytes go out as they are. */
  readonly write: (data: string | Uint8Array) => void
  readonly isTty: boolean
  /** Width of the terminal; 80 where it is not known. */
  readonly columns: number
}

/** Everything of the machine that a command may touch, so that tests run the very program with other hands. */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly home: string
  /** The user's id; null where the system has none (Windows). */
  readonly uid: number | null
  readonly platform: string
  readonly out: Output
  readonly err: Output
  /** Whether somebody sits at the input who can be asked. */
  readonly canAsk: boolean
  /** Asks on the terminal; with `hidden` the answer is not shown. */
  readonly ask: (question: string, hidden?: boolean) => Promise<string>
  /** All of standard input. */
  readonly readInput: () => Promise<Uint8Array>
  readonly fetch: typeof globalThis.fetch
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Aborted when the user stops us (Ctrl-C). */
  readonly signal: AbortSignal
  /** The program that `up` starts. */
  readonly serverMain: string
}

function output(stream: NodeJS.WriteStream): Output {
  return {
    write: (data) => void stream.write(data),
    isTty: stream.isTTY,
    // Read each time: a terminal is resized while we follow something.
    get columns() {
      return stream.isTTY ? Math.max(40, stream.columns) : 80
    },
  }
}

/** The machine itself. */
export function realHost(signal: AbortSignal): Host {
  return {
    env: process.env,
    cwd: process.cwd(),
    home: homedir(),
    uid: process.getuid?.() ?? null,
    platform: process.platform,
    out: output(process.stdout),
    err: output(process.stderr),
    canAsk: process.stdin.isTTY && process.stderr.isTTY,
    ask: (question, hidden = false) => askOnTerminal(question, hidden, signal),
    readInput: async () => {
      const chunks: Buffer[] = []
      for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks)
    },
    fetch: globalThis.fetch,
    now: () => Date.now(),
    signal,
    serverMain: fileURLToPath(new URL('../../server/src/main-up.ts', import.meta.url)),
  }
}

/** The user stopped us while we asked. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

async function askOnTerminal(question: string, hidden: boolean, signal: AbortSignal): Promise<string> {
  // Readline echoes what is typed into its output: a hidden answer gets an output that writes nothing.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: hidden ? nowhere : process.stderr, terminal: true })
  if (hidden) process.stderr.write(question)
  try {
    const closed = once(lines, 'close').then(() => '')
    return await Promise.race([lines.question(hidden ? '' : question, { signal }), closed])
  } catch (error) {
    // Ctrl-D is no answer; Ctrl-C comes as a key while the terminal is raw, not as a signal.
    if (error instanceof Error && error.message === 'Aborted with Ctrl+D') return ''
    throw new Interrupted('stopped', { cause: error })
  } finally {
    lines.close()
    if (hidden) process.stderr.write('\n')
  }
}
