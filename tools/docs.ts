/**
 * Writes the reference pages that are made from code; `--check` compares instead and exits with 1 where something differs.
 * Usage: node tools/docs.ts [--check]
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isProblemSlug } from '../packages/core/src/kernel/problems.ts'
import { actsPage, flowPage } from './docs-flow.ts'
import { bodyProblem, problemPage, problemsPage, SLUGS } from './docs-problems.ts'

const REFERENCE = fileURLToPath(new URL('../docs/reference/', import.meta.url))

export interface DocsState {
  /** Pages whose text is not what the code says, with the text they should have. */
  readonly outOfStep: ReadonlyMap<string, string>
  /** What only a person can mend. */
  readonly problems: readonly string[]
}

/** Compares the pages under a reference folder with the code. Reads files, writes nothing. */
export function docsState(folder = REFERENCE): DocsState {
  const outOfStep = new Map<string, string>()
  const problems: string[] = []
  const compare = (name: string, text: string) => {
    const file = `${folder}${name}`
    if (!existsSync(file) || readFileSync(file, 'utf8') !== text) outOfStep.set(name, text)
  }
  compare('flow.md', flowPage())
  compare('acts.md', actsPage())
  compare('problems.md', problemsPage())
  for (const slug of SLUGS) {
    const name = `problems/${slug}.md`
    if (!existsSync(`${folder}${name}`)) {
      problems.push(
        `docs/reference/${name}: missing; write "## What it means" and "## What to do", then run node tools/docs.ts`,
      )
      continue
    }
    const page = readFileSync(`${folder}${name}`, 'utf8')
    const text = problemPage(slug, page)
    const problem = bodyProblem(text)
    if (problem) problems.push(`docs/reference/${name}: ${problem}`)
    compare(name, text)
  }
  const pages = existsSync(`${folder}problems`) ? readdirSync(`${folder}problems`) : []
  for (const page of pages)
    if (!isProblemSlug(page.replace(/\.md$/, '')))
      problems.push(`docs/reference/problems/${page}: no problem of this name is in the catalogue`)
  return { outOfStep, problems }
}

function main(check: boolean): number {
  const { outOfStep, problems } = docsState()
  const say = (line: string) => process.stdout.write(`${line}\n`)
  for (const problem of problems) say(problem)
  mkdirSync(`${REFERENCE}problems`, { recursive: true })
  for (const [name, text] of outOfStep) {
    if (!check) writeFileSync(`${REFERENCE}${name}`, text)
    say(`docs/reference/${name}: ${check ? 'out of step with the code; run node tools/docs.ts' : 'written'}`)
  }
  return problems.length > 0 || (check && outOfStep.size > 0) ? 1 : 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(process.argv.includes('--check'))
