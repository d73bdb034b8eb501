import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { applyEdits } from '../edits.ts'
import type { SpecFile } from '../project-model.ts'
import { readProject } from '../project.ts'
import type { Finding } from './finding.ts'
import { lintProject } from './lint.ts'
import { RULE_IDS, RULES } from './rules.ts'

const pages = resolve(import.meta.dirname, '../../../../../docs/reference/spec-rules')

function textOf(rule: string): string {
  return readFileSync(resolve(pages, `${rule}.md`), 'utf8')
}

/** The files of a section: fenced blocks whose info string names a path. */
function filesOf(page: string, section: string): SpecFile[] {
  const body = page.split(/^## /m).find((part) => part.startsWith(`${section}\n`)) ?? ''
  // An outer fence of an example may hold sections of its own.
  const from = page.indexOf(`\n## ${section}\n`)
  const to = page.indexOf(section === 'Bad' ? '\n## Good\n' : '\n## Fix\n')
  expect(body).not.toBe('')
  const files: SpecFile[] = []
  for (const match of page.slice(from, to).matchAll(/^(`{3,})(?:markdown|yaml) (\S+)\n([\s\S]*?)^\1$/gm))
    files.push({ path: match[2] ?? '', text: match[3] ?? '' })
  return files
}

function lint(files: readonly SpecFile[]): Finding[] {
  return lintProject(readProject(files), new Map(files.map((file) => [file.path, file.text])))
}

test('every rule has a page and every page a rule', () => {
  const held = readdirSync(pages).map((file) => file.replace(/\.md$/, ''))
  expect(held.toSorted()).toEqual(RULE_IDS.toSorted())
  const index = readFileSync(resolve(pages, '../spec-rules.md'), 'utf8')
  for (const rule of RULE_IDS) {
    expect(index).toContain(`| [${rule}](spec-rules/${rule}.md) | ${RULES[rule].severity} | ${RULES[rule].title} |`)
    expect(textOf(rule)).toContain(`# ${RULES[rule].title}\n`)
    expect(textOf(rule)).toMatch(/^## Why\n\n\S[\s\S]*^## Bad\n[\s\S]*^## Good\n[\s\S]*^## Fix\n\n\S/m)
  }
})

for (const rule of RULE_IDS) {
  test(`the page of ${rule}: the bad example gives exactly its finding, the good one none`, () => {
    expect(existsSync(resolve(pages, `${rule}.md`))).toBe(true)
    const page = textOf(rule)
    const [bad, good] = [filesOf(page, 'Bad'), filesOf(page, 'Good')]
    expect(bad.length).toBeGreaterThan(0)
    expect(good.length).toBeGreaterThan(0)
    const also = [...(/^Here (.*) found as well\.$/m.exec(page)?.[1] ?? '').matchAll(/\[([a-z-]+)\]/g)].map((m) => m[1])
    const found = lint(bad)
    expect([...new Set(found.map((f) => f.rule))].toSorted()).toEqual([rule, ...also].toSorted())
    expect(lint(good).map((f) => `${f.place.path}:${f.place.line} ${f.rule}: ${f.message}`)).toEqual([])
    for (const finding of found) {
      expect(finding.message).toMatch(/[.?]$/)
      expect(finding.fix).toMatch(/[.>)]$/)
      expect(finding.fingerprint).toMatch(/^[0-9a-f]{32}$/)
    }
  })

  if (!textOf(rule).includes('`--fix` does it')) {
    test(`the page of ${rule} promises no fix, and there is none`, () => {
      expect(lint(filesOf(textOf(rule), 'Bad')).filter((f) => f.rule === rule && f.edits !== null)).toEqual([])
    })
    continue
  }

  test(`the fix of ${rule} takes its finding away and brings no other`, () => {
    let files = filesOf(textOf(rule), 'Bad')
    const fixable = lint(files).filter((f) => f.edits !== null)
    expect(fixable.length).toBeGreaterThan(0)
    files = files.map((file) => {
      const edits = fixable.filter((f) => f.place.path === file.path).flatMap((f) => f.edits ?? [])
      const fixed = applyEdits(file.text, edits)
      if (!fixed.ok) throw new Error(fixed.detail)
      return { path: file.path, text: fixed.value }
    })
    expect(lint(files).map((f) => f.rule)).toEqual([])
  })
}
