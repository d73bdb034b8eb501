/**
 * How fast specifications are read and linted, and what it holds in memory, over the number of files.
 * `node --expose-gc packages/cli/src/features/specs/specs-bench.ts [files ...]` prints one line of JSON for each number of files; times in milliseconds, the best of
 * three; memory in MiB, the heap in use with all findings made.
 */
import { lintProject } from '@gatehouse/core/specs/lint/lint'
import type { SpecFile } from '@gatehouse/core/specs/project-model'
import { readProject } from '@gatehouse/core/specs/project'

/** A feature of three files as a project would have it: about 40 requirements, 60 tasks, 15 KB. */
function feature(no: number): SpecFile[] {
  const folder = `specs/${String(no).padStart(3, '0')}-feature-${no}`
  const ids = Array.from({ length: 20 }, (_, i) => String(i + 1).padStart(3, '0'))
  const stories = [1, 2, 3].map(
    (n) =>
      `### User Story ${n} - Part ${n} of feature ${no} (Priority: P${n})\n\nA member uses part ${n}.\n\n**Why this priority**: It is asked for.\n\n**Independent Test**: Open part ${n}.\n\n**Acceptance Scenarios**:\n\n${[1, 2, 3].map((k) => `${k}. **Given** a member with ${k} items, **When** part ${n} is opened, **Then** ${k} items are shown`).join('\n')}\n`,
  )
  const spec = `# Feature Specification: Feature ${no}\n\n**Status**: In Progress\n\n## User Scenarios & Testing\n\n${stories.join('\n')}\n## Requirements\n\n${ids.map((id) => `- **FR-${id}**: System MUST keep rule ${id} of feature ${no} within ${id} seconds`).join('\n')}\n\n## Success Criteria\n\n${ids
    .slice(0, 6)
    .map((id) => `- **SC-${id}**: 9${id.slice(-1)} % of requests end within 2 seconds`)
    .join('\n')}\n`
  const plan = `# Implementation Plan: Feature ${no}\n\n## Summary\n\nA table and a page.\n\n## Technical Context\n\n**Language/Version**: TypeScript 7\n**Testing**: vitest\n\n## Project Structure\n\n\`\`\`text\nsrc/feature-${no}.ts\n\`\`\`\n`
  const tasks = `# Tasks: Feature ${no}\n\n${[1, 2, 3].map((n) => `## Phase ${n}: User Story ${n} - Part ${n}\n\n${ids.map((id, i) => `- [${n === 1 ? 'x' : ' '}] T${String((n - 1) * 20 + i + 1).padStart(3, '0')} [P] [US${n}] Add rule ${id} to src/feature-${no}/part-${n}-${id}.ts, per FR-${id}${i > 0 ? ` (depends on T${String((n - 1) * 20 + i).padStart(3, '0')})` : ''}`).join('\n')}\n`).join('\n')}`
  return [
    { path: `${folder}/spec.md`, text: spec },
    { path: `${folder}/plan.md`, text: plan },
    { path: `${folder}/tasks.md`, text: tasks },
  ]
}

function heap(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

interface Round {
  readonly read: number
  readonly lint: number
  readonly findings: number
  readonly held: number
}

function round(files: readonly SpecFile[], texts: ReadonlyMap<string, string>): Round {
  const before = heap()
  const start = performance.now()
  const project = readProject(files)
  const between = performance.now()
  const found = lintProject(project, texts)
  const end = performance.now()
  const held = heap() - before
  // Kept until the heap was read.
  if (project.documents.length !== files.length) throw new Error('not every file was read')
  return { read: between - start, lint: end - between, findings: found.length, held }
}

const counts = process.argv.slice(2).map(Number)
for (const count of counts.length > 0 ? counts : [250, 500, 1000, 2000]) {
  const files = Array.from({ length: Math.ceil(count / 3) }, (_, i) => feature(i + 1))
    .flat()
    .slice(0, count)
  const texts = new Map(files.map((file) => [file.path, file.text]))
  const rounds = [1, 2, 3].map(() => round(files, texts))
  const least = (value: (r: Round) => number) => Math.min(...rounds.map(value))
  const held = least((r) => r.held)
  process.stdout.write(
    `${JSON.stringify({
      files: count,
      kib: Math.round(files.reduce((sum, file) => sum + file.text.length, 0) / 1024),
      findings: rounds[0]?.findings ?? 0,
      read_ms: Math.round(least((r) => r.read)),
      lint_ms: Math.round(least((r) => r.lint)),
      total_ms: Math.round(least((r) => r.read + r.lint)),
      held_mib: Math.round((held / 1024 / 1024) * 10) / 10,
      held_kib_per_file: Math.round(held / 1024 / count),
      node: process.version,
    })}\n`,
  )
}
