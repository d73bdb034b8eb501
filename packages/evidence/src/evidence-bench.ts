/**
 * How long the evidence of a repository takes, without running tests: 10,000 commits made by `git fast-import`, 100 features of 40 tasks, whose
 * files are ticked, reworded and worked on. `node packages/evidence/src/evidence-bench.ts [commits]` prints one line of JSON; milliseconds.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectEvidence } from './project-evidence.ts'
import { readReports } from './test-results.ts'

const FEATURES = 100
const TASKS = 40
const commits = Number(process.argv[2] ?? 10_000)

const ticked = Array.from({ length: FEATURES }, () => new Set<number>())
const pieces: string[] = []

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`
}

function folderOf(feature: number): string {
  return `specs/${String(feature).padStart(3, '0')}-feature`
}

function idOf(task: number): string {
  return `T${String(task + 1).padStart(3, '0')}`
}

function tasksOf(feature: number): string {
  const lines = Array.from({ length: TASKS }, (_, task) => {
    const box = ticked[feature]?.has(task) === true ? 'x' : ' '
    return `- [${box}] ${idOf(task)} [US1] Implement \`handle${task}()\` in \`src/f${feature}/m${task}.ts\` (FR-${String(task + 1).padStart(3, '0')})`
  })
  return `# Tasks: Feature ${feature}\n\n## Phase 1: Setup\n\n${lines.join('\n')}\n`
}

function commit(order: number, message: string, files: Readonly<Record<string, string>>): void {
  pieces.push(
    `commit refs/heads/main\ncommitter Ann <ann@example.org> ${1_700_000_000 + order * 60} +0000\n${data(message)}`,
  )
  for (const [path, text] of Object.entries(files)) pieces.push(`M 100644 inline ${path}\n${data(text)}`)
}

for (let order = 0; order < commits; order += 1) {
  const feature = order % FEATURES
  const task = Math.floor(order / FEATURES) % TASKS
  if (order < FEATURES)
    commit(order, `Plan feature ${feature}`, { [`${folderOf(feature)}/tasks.md`]: tasksOf(feature) })
  else if (order % 3 === 0) {
    ticked[feature]?.add(task)
    commit(order, `${idOf(task)} of ${folderOf(feature).slice(6)}`, {
      [`${folderOf(feature)}/tasks.md`]: tasksOf(feature),
    })
  } else
    commit(order, `Work on ${idOf(task)}`, {
      [`src/f${feature}/m${task}.ts`]: `export function handle${task}(): number {\n  return ${order}\n}\n`,
      [`src/shared/s${order % 500}.ts`]: `export const s = ${order}\n`,
    })
}

const root = mkdtempSync(join(tmpdir(), 'gatehouse-evidence-bench-'))
const env = { PATH: process.env['PATH'] ?? '', HOME: root, GIT_CONFIG_NOSYSTEM: '1' }
try {
  const git = (args: readonly string[], input = '') => {
    const run = spawnSync('git', [...args], { cwd: root, env, input, maxBuffer: 1 << 28 })
    if (run.status !== 0) throw new Error(`git ${args[0] ?? ''}: ${run.stderr.toString()}`)
  }
  git(['init', '-q', '-b', 'main'])
  git(['fast-import', '--quiet'], pieces.join(''))
  git(['reset', '-q', '--hard'])
  const read = readReports([])
  if (!read.ok) throw new Error(read.detail)
  const begun = performance.now()
  const evidence = await projectEvidence(root, read.results)
  const ms = Math.round(performance.now() - begun)
  const tasks = evidence.features.flatMap((feature) => feature.tasks)
  const done = tasks.filter((t) => t.done)
  const count = (verdict: string) => done.filter((t) => t.verdict === verdict).length
  process.stdout.write(
    `${JSON.stringify({
      commits: evidence.repository?.commits,
      features: evidence.features.length,
      tasks: tasks.length,
      ticked: done.length,
      shown: count('shown'),
      not_shown: done.length - count('shown'),
      evidence_ms: ms,
      peak_rss_mib: Math.round(process.resourceUsage().maxRSS / 1024),
    })}\n`,
  )
} finally {
  rmSync(root, { recursive: true, force: true })
}
