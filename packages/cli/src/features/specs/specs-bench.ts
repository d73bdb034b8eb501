/**
 * How fast specifications are read and linted, and what it holds in memory, over the number of files.
 * `node packages/cli/src/features/specs/specs-bench.ts [files ...]` prints one line of JSON for each number of files, each measured in a process of its own: times in
 * milliseconds, the best of three; memory in MiB: the peak of the whole process (RSS), and what is alive in the heap with all findings made. Then the command
 * itself over files on the disk, the fewest but 250 and the most of them, without findings as text, and with five findings in each file in each of its formats; `peak_rss_ratio` is the
 * peak at the most over that at the fewest.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { DEFAULT_LINT_CONFIG } from '@gatehouse/core/specs/lint/lint-config'
import { lintParts } from '@gatehouse/core/specs/lint/lint-parts'
import type { SpecFile } from '@gatehouse/core/specs/project-model'
import { keepYoungSpace, levelMemory } from './spec-memory.ts'
import { spillShelf } from './spec-shelf.ts'

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

function liveHeap(): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect()
  return process.memoryUsage().heapUsed
}

/** Texts are made when they are asked for, as files are read: the time of making them is taken out. */
function measure(count: number): Record<string, unknown> {
  const paths = Array.from({ length: Math.ceil(count / 3) }, (_, i) => feature(i + 1).map((file) => file.path))
    .flat()
    .slice(0, count)
  let making = 0
  let bytes = 0
  const read = (path: string) => {
    const start = performance.now()
    const no = Number(/-feature-(\d+)\//.exec(path)?.[1])
    const made = feature(no).find((file) => file.path === path)
    const text = made ? Buffer.from(made.text).toString('utf8') : null
    bytes += text?.length ?? 0
    making += performance.now() - start
    return text
  }
  keepYoungSpace(count)
  const before = liveHeap()
  const times: number[] = []
  let findings = 0
  let held = 0
  for (let round = 0; round < (count > 2000 ? 1 : 3); round += 1) {
    making = 0
    bytes = 0
    const start = performance.now()
    const shelf = spillShelf()
    const linted = lintParts(paths, read, DEFAULT_LINT_CONFIG, levelMemory(count).step, shelf)
    times.push(performance.now() - start - making)
    findings = linted.findings.length
    if (linted.documents.length !== paths.length) throw new Error('not every file was read')
    held = liveHeap() - before
    shelf.close()
  }
  return {
    files: count,
    kib: Math.round(bytes / 1024),
    findings,
    total_ms: Math.round(Math.min(...times)),
    peak_rss_mib: Math.round(process.resourceUsage().maxRSS / 1024),
    live_heap_mib: Math.round((held / 1024 / 1024) * 10) / 10,
    node: process.version,
  }
}

/** The same with five findings in each file. */
function faulty({ path, text }: SpecFile): SpecFile {
  if (path.endsWith('spec.md')) return { path, text: text.replaceAll(/within 00[1-5] seconds/g, 'quickly') }
  if (path.endsWith('tasks.md')) return { path, text: text.replaceAll(/per FR-00([1-5])/g, 'per FR-90$1') }
  return { path, text: `${text}${[1, 2, 3, 4, 5].map((n) => `\n[NEEDS CLARIFICATION: question ${n}?]\n`).join('')}` }
}

function onDisk(count: number, isFaulty: boolean): string {
  const root = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))
  mkdirSync(join(root, '.specify'))
  writeFileSync(join(root, '.specify/feature.json'), '{}\n')
  const files = Array.from({ length: Math.ceil(count / 3) }, (_, i) => feature(i + 1)).flat()
  for (const file of files.slice(0, count)) {
    const { path, text } = isFaulty ? faulty(file) : file
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

const FORMATS = ['text', 'json', 'sarif'] as const

/** One line for each number, and of each format how much more the most takes. */
function measureCommand(counts: readonly number[], isFaulty: boolean): void {
  const peaks = new Map<string, number[]>()
  for (const count of counts) {
    const root = onDisk(count, isFaulty)
    try {
      // Without findings the formats differ by nothing.
      for (const format of isFaulty ? FORMATS : FORMATS.slice(0, 1)) {
        const start = performance.now()
        const ran = spawnSync(process.execPath, [import.meta.filename, '--command', root, format], {
          encoding: 'utf8',
          stdio: ['ignore', 'ignore', 'pipe'],
        })
        const peak = Number(/^peak (\d+)$/m.exec(ran.stderr)?.[1])
        if (!(peak > 0)) throw new Error(ran.stderr)
        peaks.set(format, [...(peaks.get(format) ?? []), peak])
        const row = { command: format, files: count, findings_per_file: isFaulty ? 5 : 0 }
        const total = Math.round(performance.now() - start)
        process.stdout.write(`${JSON.stringify({ ...row, total_ms: total, peak_rss_mib: peak })}\n`)
      }
    } finally {
      rmSync(root, { recursive: true })
    }
  }
  for (const [format, [first = 1, ...more]] of peaks)
    process.stdout.write(
      `${JSON.stringify({ command: format, findings_per_file: isFaulty ? 5 : 0, files_ratio: (counts.at(-1) ?? 1) / (counts[0] ?? 1), peak_rss_ratio: Math.round(((more.at(-1) ?? first) / first) * 100) / 100 })}\n`,
    )
}

const [flag, ...rest] = process.argv.slice(2)
if (flag === '--one') process.stdout.write(`${JSON.stringify(measure(Number(rest[0])))}\n`)
else if (flag === '--command') {
  const [root = '', format = ''] = rest
  // The other measurements do without the whole program.
  const { realHost } = await import('../../host.ts')
  const { runProgram } = await import('../../program.ts')
  const code = await runProgram(
    ['spec', 'lint', root, '--format', format, '--fail-on', 'never'],
    realHost(new AbortController().signal),
  )
  process.stderr.write(`peak ${Math.round(process.resourceUsage().maxRSS / 1024)}\n`)
  process.exitCode = code
} else {
  const counts = (flag === undefined ? ['250', '1000', '4000', '16000'] : [flag, ...rest]).map(Number)
  const peaks: number[] = []
  for (const count of counts) {
    const ran = spawnSync(process.execPath, [import.meta.filename, '--one', String(count)], { encoding: 'utf8' })
    if (ran.status !== 0) throw new Error(ran.stderr)
    process.stdout.write(ran.stdout)
    peaks.push(Number((JSON.parse(ran.stdout) as { peak_rss_mib: unknown }).peak_rss_mib))
  }
  const [first = 1, last = 1] = [peaks[0], peaks.at(-1)]
  process.stdout.write(
    `${JSON.stringify({ files_ratio: (counts.at(-1) ?? 1) / (counts[0] ?? 1), peak_rss_ratio: Math.round((last / first) * 100) / 100 })}\n`,
  )
  const outer = [counts.find((count) => count > 250) ?? counts[0] ?? 1000, counts.at(-1) ?? 16_000]
  for (const isFaulty of [false, true]) measureCommand(outer, isFaulty)
}
