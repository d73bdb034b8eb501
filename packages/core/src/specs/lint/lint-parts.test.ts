import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { AGENT, KIRO, OPENSPEC, OTHERS } from '../fixtures/other-formats.ts'
import { SPEC_KIT } from '../fixtures/spec-kit.ts'
import type { SpecFile } from '../project-model.ts'
import { readProject } from '../project.ts'
import { DEFAULT_LINT_CONFIG } from './lint-config.ts'
import { lintParts } from './lint-parts.ts'
import { lintProject } from './lint.ts'
import type { Shelf } from './records.ts'

/** Keeps blocks and gives them in one room that is written over at the next call, as a shelf on a disk does. */
function forgetfulShelf(): Shelf {
  const kept: Uint8Array[] = []
  let room = new Uint8Array()
  return {
    keep: (block) => void kept.push(block.slice()),
    block: (no) => {
      room.fill(0)
      room = Uint8Array.from(kept[no] ?? [])
      return room
    },
  }
}

function both(files: readonly SpecFile[]) {
  const texts = new Map(files.map((file) => [file.path, file.text]))
  const project = readProject(files)
  let most = 0
  const parts = lintParts(
    files.map((f) => f.path),
    (path) => texts.get(path) ?? null,
    DEFAULT_LINT_CONFIG,
    (done) => (most = Math.max(most, done)),
    forgetfulShelf(),
  )
  const findings = [...parts.findings]
  expect(findings).toEqual(lintProject(project, texts))
  expect(parts.findings).toHaveLength(findings.length)
  expect(parts.documents.map((d) => d.path)).toEqual(project.documents.map((d) => d.path))
  expect(parts.ignored).toEqual(project.ignored)
  expect(most).toBe(project.documents.length)
  return findings
}

/** What one feature, change or story has to know of another. */
const ACROSS: readonly SpecFile[] = [
  {
    path: 'specs/001-a/spec.md',
    text: '# Feature Specification: A\n\n## Requirements\n\n- **FR-001**: System MUST x\n',
  },
  {
    path: 'specs/001-a/tasks.md',
    text: '# Tasks\n\n- [ ] T001 Change src/shared/a.ts, per FR-001 and FR-040\n- [ ] T002 See T077, T003-T009 and ADR-001\n',
  },
  {
    path: 'specs/002-b/spec.md',
    text: '# Feature Specification: B\n\n## Requirements\n\n- **FR-040**: System MUST y\n- **FR-040**: System MUST z\n',
  },
  { path: 'specs/002-b/tasks.md', text: '# Tasks\n\n- [ ] T001 Change src/shared/a.ts (depends on T099)\n' },
  {
    path: 'openspec/specs/order/spec.md',
    text: '# order\n\n## Purpose\n\nx\n\n## Requirements\n\n### Requirement: A\nIt SHALL a.\n',
  },
  {
    path: 'openspec/changes/one/specs/order/spec.md',
    text: '## MODIFIED Requirements\n\n### Requirement: A\nIt SHALL b.\n\n### Requirement: Z\nIt SHALL z.\n',
  },
  {
    path: 'openspec/changes/two/specs/order/spec.md',
    text: '## ADDED Requirements\n\n### Requirement: A\nIt SHALL c.\n',
  },
  { path: '.agent/adrs/ADR-001-x.md', text: '# ADR-001: X\n\nStatus: ACCEPTED\n' },
  { path: '.agent/adrs/ADR-001-y.md', text: '# ADR-001: Y\n\nStatus: ACCEPTED\n' },
  {
    path: '.agent/cache/stories/WEB/WEB-001-x.md',
    text: '# WEB-001: X\n\n## State\n\nDRAFT\n\n## Linked ADRs\n\n- ADR-001\n- ADR-099\n- WEB-001\n',
  },
  { path: '.agent/cache/plans/WEB/WEB-001.md', text: '# WEB-001: Plan\n' },
  { path: '.agent/cache/runbooks/WEB/WEB-001-runbook.md', text: '# WEB-001: X\n\nStatus: ACCEPTED\n' },
  { path: '.agent/cache/runbooks/WEB/WEB-002-runbook.md', text: '# WEB-002: Y\n\nStatus: PROPOSED\n' },
]

test('part by part the same is found as all at once, also what spans features, changes and stories', () => {
  const rules = new Set(both(ACROSS).map((f) => f.rule))
  for (const rule of [
    'duplicate-id',
    'unknown-reference',
    'overlapping-files',
    'overlapping-changes',
    'delta-unknown-requirement',
    'delta-requirement-exists',
    'missing-artefact',
    'runbook-before-story',
  ] as const)
    expect(rules).toContain(rule)
  both([...SPEC_KIT, ...OPENSPEC, ...AGENT, ...OTHERS, ...KIRO])
  both([...ACROSS].reverse())
  both([])
})

test('what another feature defines may be mentioned, and a constitution is told of once', () => {
  const found = both([
    ...ACROSS,
    {
      path: '.specify/memory/constitution.md',
      text: '# [PROJECT_NAME] Constitution\n\n## Core Principles\n\n### I. A\n\nMUST a.\n',
    },
    {
      path: 'specs/003-c/spec.md',
      text: '# Feature Specification: C\n\n## Requirements\n\n- **FR-001**: System MUST x\n\n## Assumptions\n\nAs said by FR-040, and by FR-041.\n',
    },
  ])
  expect(found.filter((f) => f.rule === 'template-text')).toHaveLength(1)
  const named = found.filter((f) => f.place.path === 'specs/003-c/spec.md' && f.rule === 'unknown-reference')
  expect(named.map((f) => f.message.slice(0, 6))).toEqual(['FR-041'])
})

test('the gaps of a range are one finding, at the weaker severity', () => {
  const [gap, ...more] = both(ACROSS).filter((f) => f.message.startsWith('T003-T009'))
  expect(more).toEqual([])
  expect(gap?.severity).toBe('warning')
  expect(gap?.message).toContain('T003, T004, T005 and 4 more')
})

const corpora = resolve(import.meta.dirname, '../../../../../../shared/corpora')

for (const name of ['spec-kit/throughline', 'spec-kit/speckit-companion', 'openspec', 'agentic-dev'])
  test(`${name}: part by part the same is found as all at once`, (ctx) => {
    const root = join(corpora, name)
    if (!existsSync(root)) ctx.skip(`the corpora are not at ${corpora}`)
    const files: SpecFile[] = []
    const visit = (folder: string) => {
      for (const entry of readdirSync(folder)) {
        const full = join(folder, entry)
        const found = lstatSync(full)
        if (found.isDirectory()) visit(full)
        else if (found.isFile() && /\.(?:mdc?|ya?ml)$/.test(entry))
          files.push({ path: relative(root, full), text: readFileSync(full, 'utf8') })
      }
    }
    visit(root)
    both(files)
  }, 240_000)

test('what nobody defines is told once in each file that names it', () => {
  const tasks = '# Tasks\n\n- [ ] T001 Write src/a.ts, per FR-077\n- [ ] T002 Write src/b.ts, per FR-077\n'
  const feature = (folder: string): SpecFile[] => [
    {
      path: `specs/${folder}/spec.md`,
      text: '# Feature Specification: A\n\n## Requirements\n\n- **FR-001**: System MUST x\n',
    },
    { path: `specs/${folder}/tasks.md`, text: tasks },
  ]
  const found = both([...feature('001-a'), ...feature('002-b')]).filter((f) => f.rule === 'unknown-reference')
  expect(found.map((f) => f.place.path)).toEqual(['specs/001-a/tasks.md', 'specs/002-b/tasks.md'])
})
