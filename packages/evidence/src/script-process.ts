import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { FileTests, Names } from './names.ts'

const MAIN = fileURLToPath(new URL('script-main.ts', import.meta.url))
/** So many files may end the parser; what comes after them is read as text. */
const MAX_DEATHS = 20
const MAX_TIME = 60_000

interface Script {
  readonly path: string
  readonly text: string
}

interface Told {
  readonly defined: readonly (readonly [string, number])[]
  readonly used: readonly (readonly [string, number])[]
  readonly hollow: readonly string[]
  readonly stub: boolean
  readonly tests: FileTests
  readonly titles: readonly string[]
}

/**
 * Names of scripts by path, null for what could not be parsed. They are parsed in a process of their own: the parser is native, and a file made
 * for it can end the process that it runs in. The file that does is left out, and the others are parsed by another process.
 */
export async function readScripts(files: readonly Script[]): Promise<Map<string, Names | null>> {
  const found = new Map<string, Names | null>(files.map(({ path }) => [path, null]))
  let left = files
  for (let deaths = 0; left.length > 0 && deaths < MAX_DEATHS; deaths += 1) {
    const told = await parse(left)
    for (const [i, line] of told.entries()) found.set(left[i]?.path ?? '', namesOf(line))
    if (told.length >= left.length) break
    // The one after the last answer ended the process.
    left = left.slice(told.length + 1)
  }
  return found
}

async function parse(files: readonly Script[]): Promise<string[]> {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [MAIN], { env: { PATH }, stdio: ['pipe', 'pipe', 'ignore'] })
  const timer = setTimeout(() => child.kill('SIGKILL'), MAX_TIME)
  const pieces: Buffer[] = []
  child.stdout.on('data', (piece: Buffer) => void pieces.push(piece))
  child.stdin.on('error', () => {})
  for (const { path, text } of files) child.stdin.write(`${JSON.stringify({ path, text })}\n`)
  child.stdin.end()
  await new Promise<void>((resolve) => {
    child.on('close', () => resolve())
    child.on('error', () => resolve())
  })
  clearTimeout(timer)
  // What comes after the last newline was not finished.
  return Buffer.concat(pieces).toString('utf8').split('\n').slice(0, -1)
}

function namesOf(line: string): Names | null {
  const told = JSON.parse(line) as Told | null
  return (
    told && {
      ...told,
      defined: new Map(told.defined),
      used: new Map(told.used),
      hollow: new Set(told.hollow),
    }
  )
}
