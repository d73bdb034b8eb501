import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The root folder of the repository, without a slash at its end. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** Every file that is under version control or would be: relative paths with slashes. Needs git. */
export function trackedFiles(): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const output = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  return output.split('\0').filter((file) => file !== '' && existsSync(`${ROOT}/${file}`))
}

/** A file's text, or null for what is not text: it holds a NUL byte in its first 8,000. */
export function textOf(file: string): string | null {
  const bytes = readFileSync(`${ROOT}/${file}`)
  return bytes.subarray(0, 8000).includes(0) ? null : bytes.toString('utf8')
}

export function isTest(file: string): boolean {
  return /\.test\.tsx?$/.test(file) || file.startsWith('tests/')
}

export interface Import {
  readonly file: string
  readonly line: number
  readonly from: string
}

/** What a TypeScript file imports or exports from elsewhere, also by `import()`. Read from the text, independently of any linter. */
export function importsOf(file: string): Import[] {
  const lines = (textOf(file) ?? '').split('\n')
  return lines.flatMap((text, index) =>
    [...text.matchAll(/(?:^\s*import|\bfrom|\bimport\()\s*['"]([^'"\s]+)['"]/g)].map((match) => ({
      file,
      line: index + 1,
      from: String(match[1]),
    })),
  )
}

/** An import as it is told in a failing test. */
export function told({ file, line, from }: Import): string {
  return `${file}:${line} imports ${from}`
}
