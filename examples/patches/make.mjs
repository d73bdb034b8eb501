// Makes the patches from the example as it stands: the agent's first attempt with the failing test taken out, and ticks without work.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname)
const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-patch-'))
const git = (...args) => execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.org', '-c', 'core.hooksPath=/dev/null', ...args], { cwd: folder })
try {
  cpSync(path.join(here, '../parcel-rates'), folder, { recursive: true })
  rmSync(path.join(folder, '.gatehouse-out/junit.xml'), { force: true })
  git('init', '-q')
  git('add', '-A')
  git('commit', '-q', '-m', 'base')
  const task = path.join(folder, '.git/task.json')
  writeFileSync(task, JSON.stringify({ task_id: 'none', title: 'rename', story: { criteria: [] }, attempt: 1, feedback: null }))
  execFileSync(process.execPath, [path.join(here, '../agents/rename-codemod/codemod.mjs')], { cwd: folder, env: { ...process.env, GATEHOUSE_TASK: task } })
  const file = path.join(folder, 'test/callers.test.js')
  const before = readFileSync(file, 'utf8')
  const after = before
    .replace(/test\('requests recorded from callers[\s\S]*?\n\}\)\n\n/, '')
    .replace(/const recorded = .*\n\n/, '')
    .replace("import { readFileSync } from 'node:fs'\n", '')
  if (after === before) throw new Error('the test to delete was not found')
  writeFileSync(file, after)
  writeFileSync(path.join(here, 'delete-failing-test.patch'), git('diff', '--no-color', '--full-index'))
  git('checkout', '-q', '.')
  const tasks = path.join(folder, 'specs/001-weight-in-grams/tasks.md')
  writeFileSync(tasks, readFileSync(tasks, 'utf8').replaceAll('- [ ] ', '- [x] '))
  writeFileSync(path.join(here, 'tick-without-work.patch'), git('diff', '--no-color', '--full-index'))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
