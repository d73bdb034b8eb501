import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isolatedArgv, type Inside } from './command-argv.ts'
import { runProcess, type CommandEnd, type CommandStart } from './command-process.ts'
import type { Holder } from './holder.ts'
import type { IsolationPlan } from './isolation-plan.ts'
import { kill, statField } from './process-tree.ts'
import { seccompProgram } from './seccomp-program.ts'

/** One command in a holder's namespaces, in a pid namespace of its own that ends with it. */
export async function runIsolated(
  request: { readonly plan: IsolationPlan; readonly holder: Holder; readonly inside: Inside } & Pick<
    CommandStart,
    'timeout_ms' | 'output_bytes' | 'signal' | 'admit'
  >,
): Promise<CommandEnd> {
  const [file, argv] = isolatedArgv(request.plan, request.holder, request.inside)
  const seccomp = request.plan.seccomp ? openProgram() : null
  try {
    return await runProcess({
      file,
      argv,
      cwd: '/',
      seccomp_fd: seccomp,
      timeout_ms: request.timeout_ms,
      output_bytes: request.output_bytes,
      signal: request.signal,
      admit: request.admit,
      stop: kill,
      settle: namespaceGone,
    })
  } finally {
    if (seccomp !== null) closeSync(seccomp)
  }
}

/** The kernel lets an init become a zombie only when everything in its pid namespace is gone (pid_namespaces(7)). */
async function namespaceGone(init: number): Promise<void> {
  const state = statField(init, 'State')
  if (state === null || state.startsWith('Z')) return
  const born = statField(init, 'NSpid')
  kill(init)
  for (let round = 0; round < 2_000; round++) {
    const now = statField(init, 'State')
    if (now === null || now.startsWith('Z') || statField(init, 'NSpid') !== born) return
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

/** The program as an open file that has no name any more: bwrap reads it to its end. */
function openProgram(): number {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bpf-'))
  try {
    writeFileSync(join(folder, 'program'), seccompProgram(process.arch) ?? Buffer.alloc(0), { mode: 0o600 })
    return openSync(join(folder, 'program'), 'r')
  } finally {
    rmSync(folder, { recursive: true })
  }
}
