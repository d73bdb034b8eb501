import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { Problem } from '@gatehouse/core/kernel/problems'
import { runMutation, type MutantReport, type MutationReport } from '@gatehouse/rego/mutation/mutation-run'
import type { PolicyFolder } from '@gatehouse/rego/policy-folder'
import type { Command } from 'commander'
import { cleanLine, cleanLines } from '../../clean-text.ts'
import { addCommand, type Session } from '../../command.ts'
import type { Host } from '../../host.ts'
import { fields } from '../../table.ts'
import { changedLines } from './changed-lines.ts'
import { mustLoadData } from './policy-data.ts'
import { addOpaOption, folderPath, mustHavePolicies, opaOf, policyFolder, shownPath, valueOf } from './policy-files.ts'

export function addPolicyMutate(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'mutate [path]',
    act: null,
    summary: 'Change each condition, operator and constant in turn, and see which change no test notices',
    about:
      'Every change of a policy is a mutant; a test that fails on it kills it. Survivors are listed with their line and the change: there a test is missing. ' +
      'Score: killed of those that compile and are not argued. A survivor that no test can notice is argued in the file, on its line or the line above: ' +
      '"# mutate: equivalent - <reason>", or "# mutate: equivalent number - <reason>" for one kind of mutant. An argument that no survivor needs is an ' +
      'error. Tests run compiled and in process; what cannot run there OPA runs. Results are kept by what they follow from, so that a run that was stopped ' +
      'goes on where it was. Without a path it is policy/governance.',
    configure: (command) => {
      command.option('--file <file...>', 'change only these policies')
      command.option('--since <commit>', 'change only lines that differ from this commit')
      command.option('--min <percent>', 'fail where the score is lower, 0 to 100; by default 100')
      command.option('--all', 'list killed and invalid mutants as well')
      command.option('--engine <name>', 'auto, or opa: run OPA for every mutant (slow)')
      command.option('--confirm', 'let OPA run the tests on each survivor as well (slow)')
      command.option('--workers <count>', 'OPA processes side by side, 1 to 64')
      command.option('--timeout <seconds>', 'for a run of all tests on one mutant, 1 to 3600')
      command.option('--no-cache', 'judge every mutant anew')
      addOpaOption(command)
    },
    examples: [
      ['gatehouse policy mutate', 'the policies of this repository'],
      ['gatehouse policy mutate --since origin/main', 'only what changed'],
      ['gatehouse policy mutate --file policies/risk.rego --json', 'one file, every mutant as JSON'],
    ],
    run: async (session, args) => {
      const { options, host } = session
      const min = options.whole('min', 0, 100) ?? 100
      const engine = options.text('engine') ?? 'auto'
      if (engine !== 'auto' && engine !== 'opa')
        throw new Problem('usage', `--engine "${engine}": auto or opa is needed`)
      const workers = options.whole('workers', 1, 64) ?? Math.min(8, availableParallelism())
      const seconds = options.whole('timeout', 1, 3600)
      const folder = policyFolder(session, args[0])
      mustHavePolicies(folder)
      const files = options.texts('file').map((file) => {
        const inside = folderPath(session, folder, file)
        if (inside === null || !folder.policies.includes(inside))
          throw new Problem('policy-not-found', `--file ${file} is no policy below ${folder.root}`)
        return inside
      })
      const since = options.text('since')
      const lines = since === null ? null : await changedLines(folder, since, host.signal)
      const opa = await opaOf(session)
      await mustLoadData(session, opa, folder)
      const began = host.now()
      const result = await runMutation({
        folder,
        opa,
        files: files.length === 0 ? null : files,
        lines,
        engine,
        confirm: options.flag('confirm'),
        workers,
        timeoutMs: seconds === null ? null : seconds * 1000,
        cache: options.denied('cache') ? null : cacheFolder(session),
        signal: host.signal,
        shown: (file) => shownPath(session, folder, file),
        onProgress: progressOf(session, folder),
      })
      const report = valueOf(result)
      const ok = report.score >= min && report.argument_faults.length === 0
      const named = (file: string) => shownPath(session, folder, file)
      const document = {
        ok,
        min,
        duration_ms: host.now() - began,
        ...report,
        argument_faults: report.argument_faults.map((fault) => ({ ...fault, file: named(fault.file) })),
        mutants: report.mutants.map((mutant) => ({ ...mutant, file: named(mutant.file) })),
      }
      return { document, text: mutationText(document, ok, session), exit: ok ? 0 : 4 }
    },
  })
}

function cacheFolder({ host }: Session): string {
  const base = host.env['XDG_CACHE_HOME'] || join(host.home, '.cache')
  return join(resolve(base), 'gatehouse', 'mutation')
}

/** A line every few seconds: who waits sees that it goes on. */
function progressOf(
  session: Session,
  folder: PolicyFolder,
): (progress: { file: string; done: number; total: number }) => void {
  let last = session.host.now()
  return ({ file, done, total }) => {
    const now = session.host.now()
    if (done !== total && now - last < 3000) return
    last = now
    session.progress(`${done} of ${total} mutants judged (${shownPath(session, folder, file)})`)
  }
}

function mutationText(
  report: MutationReport & { min: number; duration_ms: number },
  ok: boolean,
  session: Session,
): string {
  const { style, options } = session
  const listed = (is: (mutant: MutantReport) => boolean) =>
    report.mutants
      .filter(is)
      .map((m) => mutantText(m, session))
      .join('')
  const parts = [
    listed(({ end, argument }) => end === 'survived' && argument === null),
    report.argument_faults
      .map(({ file, line, message }) => `${style.bad('argument')}  ${cleanLine(file)}:${line}: ${cleanLine(message)}\n`)
      .join(''),
    listed(({ argument }) => argument !== null),
    listed(({ end }) => end === 'invalid' && options.flag('all')),
    listed(({ end }) => (end === 'killed' || end === 'timeout') && options.flag('all')),
    fields(
      [
        [
          'mutants',
          `${report.total} in ${report.files} files, by ${report.tests} tests, in ${(report.duration_ms / 1000).toFixed(1)} s`,
        ],
        ['killed', report.timeouts > 0 ? `${report.killed} (${report.timeouts} by timeout)` : report.killed],
        ['survived', report.survived, report.survived > 0 ? style.bad : undefined],
        ['argued', report.argued],
        ['invalid', report.invalid > 0 ? `${report.invalid} (do not compile, not counted; --all lists them)` : 0],
        ['score', `${report.score} % (at least ${report.min} % needed)`, ok ? style.good : style.bad],
      ].map(([label, value, paint]) => [label, value, paint] as Parameters<typeof fields>[0][number]),
      style,
    ),
  ]
  return parts.filter((part) => part !== '').join('\n')
}

function mutantText(mutant: MutantReport, { style }: Session): string {
  const { file, line, column, mutator, change, end, argument, by } = mutant
  const word = argument === null ? end : 'argued'
  const paint = word === 'survived' ? style.bad : word === 'killed' ? style.good : style.waiting
  const why = argument ?? (end === 'survived' ? null : by)
  const rows = [`${paint(word)}  ${cleanLine(file)}:${line}:${column}  ${style.dim(mutator)}  ${cleanLine(change)}`]
  if (why !== null) rows.push(`  ${style.dim(cleanLine(why))}`)
  if (end === 'survived') {
    for (const text of cleanLines(mutant.before).split('\n')) rows.push(style.removed(`  - ${text}`))
    for (const text of cleanLines(mutant.after).split('\n')) rows.push(style.added(`  + ${text}`))
  }
  return `${rows.join('\n')}\n`
}
