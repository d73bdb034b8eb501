import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'
import type { SpecDocument } from './model.ts'
import type { SpecFile } from './project-model.ts'
import { readProject } from './project.ts'
import { readSpec } from './read.ts'

/** Real projects, kept beside the repository; see GATEHOUSE_CORPORA. */
const root = resolve(process.env['GATEHOUSE_CORPORA'] ?? resolve(import.meta.dirname, '../../../../../shared/corpora'))
const PROJECTS = ['spec-kit', 'openspec', 'agentic-dev']

function filesOf(folder: string): SpecFile[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('.git/') && !entry.parentPath.endsWith('.git'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: relative(root, file), text: readFileSync(file, 'utf8') }))
}

/** What anyone would call a checkbox line, told without our reader. */
const BOX = /^\s*(?:[-*+]|\d+[.)])\s+\[[^\]]?\](?!\()/u

function unclassified(document: SpecDocument, text: string): string[] {
  const known = new Set(document.checkboxes.map((c) => c.line))
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)
  return lines.flatMap((line, i) => (BOX.test(line) && !known.has(i + 1) ? [`${document.path}:${i + 1} ${line}`] : []))
}

test('every file of the corpora is read: all checkbox lines classified, legends no tasks, every line once', (ctx) => {
  if (!existsSync(join(root, 'spec-kit'))) ctx.skip(`no corpora at ${root}: set GATEHOUSE_CORPORA`)
  const numbers = new Map<
    string,
    { files: number; strict: number; tolerant: number; unread: number; boxes: number; legends: number }
  >()
  const missed: string[] = []
  for (const file of PROJECTS.filter((name) => existsSync(join(root, name))).flatMap((name) =>
    filesOf(join(root, name)),
  )) {
    const document = readSpec(file.path, file.text)
    missed.push(...unclassified(document, file.text))
    const row = numbers.get(document.format) ?? { files: 0, strict: 0, tolerant: 0, unread: 0, boxes: 0, legends: 0 }
    numbers.set(document.format, row)
    row.files += 1
    for (const line of document.lines) row[line.confidence] += 1
    row.boxes += document.checkboxes.length
    row.legends += document.checkboxes.filter((c) => c.as === 'legend').length
    const legends = new Set(document.checkboxes.filter((c) => c.as === 'legend').map((c) => c.line))
    expect(document.tasks.filter((t) => legends.has(t.place.line))).toEqual([])
    expect(document.tasks.filter((t) => t.text.startsWith('=')).map((t) => t.text)).toEqual([])
    expect(document.unread).toHaveLength(document.lines.filter((l) => l.confidence === 'unread').length)
  }
  process.stdout.write(`${[...numbers].map(([format, row]) => `${format}: ${JSON.stringify(row)}`).join('\n')}\n`)
  expect(missed).toEqual([])
}, 120_000)

test('the corpora make projects', (ctx) => {
  if (!existsSync(join(root, 'spec-kit'))) ctx.skip(`no corpora at ${root}: set GATEHOUSE_CORPORA`)
  for (const name of PROJECTS.filter((n) => existsSync(join(root, n)))) {
    const project = readProject(filesOf(join(root, name)))
    const states = Object.groupBy(project.links, (l) => l.state)
    process.stdout.write(
      `${name}: ${project.documents.length} documents, ${project.features.length} features, ${project.changes.length} changes, ${project.agentStories.length} stories, links ${Object.entries(
        states,
      )
        .map(([s, l]) => `${s} ${l.length}`)
        .join(', ')}\n`,
    )
    expect(project.documents.length).toBeGreaterThan(100)
  }
}, 120_000)
