import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { applyEdits } from '../edits.ts'
import type { SpecFile } from '../project-model.ts'
import { readProject } from '../project.ts'
import type { Finding } from './finding.ts'
import { lintProject } from './lint.ts'

/** Real projects, kept beside the repository; see GATEHOUSE_CORPORA. */
const root = resolve(
  process.env['GATEHOUSE_CORPORA'] ?? resolve(import.meta.dirname, '../../../../../../shared/corpora'),
)
const PROJECTS = ['spec-kit/throughline', 'spec-kit/speckit-companion', 'openspec', 'agentic-dev']

function filesOf(folder: string): SpecFile[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !/(?:^|\/)\.git(?:\/|$)/.test(entry.parentPath))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: relative(folder, file), text: readFileSync(file, 'utf8') }))
}

function lint(files: readonly SpecFile[]): Finding[] {
  return lintProject(readProject(files), new Map(files.map((file) => [file.path, file.text])))
}

for (const name of PROJECTS)
  test(`${name} is linted: every finding has its words, fixes change their own lines and bring nothing new`, (ctx) => {
    if (!existsSync(join(root, name))) ctx.skip(`no corpora at ${root}: set GATEHOUSE_CORPORA`)
    let files = filesOf(join(root, name))
    const found = lint(files)
    const counts = Object.entries(Object.groupBy(found, (f) => f.rule)).map(([rule, list]) => `${rule} ${list?.length}`)
    process.stdout.write(`${name}: ${found.length} findings; ${counts.join(', ')}\n`)
    expect(new Set(found.map((f) => f.fingerprint)).size).toBe(found.length)
    const texts = new Map(files.map((file) => [file.path, file.text]))
    for (const finding of found) {
      expect(finding.place.end).toBeLessThanOrEqual(texts.get(finding.place.path)?.length ?? -1)
      expect(finding.message.length).toBeLessThan(500)
    }
    // Round by round, as the command does: two fixes of one place wait for each other.
    for (let round = 0; round < 4; round += 1) {
      const open = lint(files).filter((f) => f.edits !== null)
      files = files.map((file) => {
        const mine = open.filter((f) => f.place.path === file.path)
        if (mine.length === 0) return file
        const seen = new Set<number>()
        const edits = mine
          .filter((f) => !seen.has(f.place.line) && seen.add(f.place.line))
          .flatMap((f) => f.edits ?? [])
        const fixed = applyEdits(file.text, edits)
        if (!fixed.ok) throw new Error(fixed.detail)
        const [before, after] = [file.text.split('\n'), fixed.value.split('\n')]
        expect(after.length).toBe(before.length)
        for (const [i, line] of after.entries()) if (line !== before[i]) expect(seen).toContain(i + 1)
        return { path: file.path, text: fixed.value }
      })
    }
    const left = lint(files)
    expect(left.filter((f) => f.edits !== null)).toEqual([])
    // A fix can make room for another: every rule that has fixes is left out.
    const fixable = new Set(['task-format', 'story-label-missing', 'task-without-id', 'requirement-without-id'])
    const others = (list: readonly Finding[]) =>
      list.filter((f) => !fixable.has(f.rule)).map((f) => `${f.place.path} ${f.rule}`)
    expect(others(left)).toEqual(others(found))
  }, 240_000)
