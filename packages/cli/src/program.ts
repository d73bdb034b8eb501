import { speakSchemaWords } from '@gatehouse/core/kernel/schema-words'
import { Command, CommanderError } from 'commander'
import { accessCommands } from './features/access/access.ts'
import { agentCommands } from './features/agents/agent.ts'
import { demoCommands } from './features/demo/demo.ts'
import { decisionCommands } from './features/decisions/decision.ts'
import { jobCommands } from './features/jobs/job.ts'
import { ledgerCommands } from './features/ledger/ledger.ts'
import { lifecycleCommands } from './features/lifecycle/lifecycle.ts'
import { policyCommands } from './features/policy/policy.ts'
import { proposalCommands } from './features/proposals/proposal.ts'
import { repositoryCommands } from './features/repositories/repository.ts'
import { runCommands } from './features/runs/run.ts'
import { runbookCommands } from './features/runbooks/runbook.ts'
import { specCommands } from './features/specs/specs.ts'
import { storyCommands } from './features/stories/story.ts'
import { taskCommands } from './features/tasks/task.ts'
import { validationCommands } from './features/validations/validation.ts'
import { askedExit } from './command.ts'
import { jsonText, printable } from './clean-text.ts'
import { Interrupted, realHost, type Host } from './host.ts'
import { exitOf, INTERRUPTED, refusedDocument, refusedOf, refusedText } from './problem-text.ts'
import { coloursWanted, makeStyle } from './style.ts'

/** Adds the commands of one area. */
export type AreaCommands = (program: Command, host: Host) => void

/** The areas, in the order of the help page. Each adds its own commands; a new area is a line here. */
const AREAS: readonly AreaCommands[] = [
  lifecycleCommands,
  demoCommands,
  accessCommands,
  repositoryCommands,
  storyCommands,
  runbookCommands,
  agentCommands,
  taskCommands,
  runCommands,
  proposalCommands,
  validationCommands,
  decisionCommands,
  policyCommands,
  specCommands,
  ledgerCommands,
  jobCommands,
]

const START_HERE = `
Start here:
  gatehouse up        start Gatehouse on this machine and log in
  gatehouse demo      watch one story become a merged change
`

/** The whole program. Nothing runs before `parseAsync`; with no host the machine's own is taken. */
export function buildProgram(host: Host = realHost(new AbortController().signal)): Command {
  const program = new Command('gatehouse')
    .description('A control plane for the software agents that change your code')
    .version('0.1.0')
    // An option behind a command is that command's: `policy push --version 1` is no question for our version.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => host.out.write(text),
      writeErr: (text) => host.err.write(text),
      // Errors are told once, by runProgram.
      outputError: () => undefined,
      getOutHelpWidth: () => host.out.columns,
      getErrHelpWidth: () => host.err.columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText('after', START_HERE)
  for (const commands of AREAS) commands(program, host)
  return program
}

/** Runs a command line (without node and script) and gives the exit code. Every problem is told here, once, in one form. */
export async function runProgram(argv: readonly string[], host: Host): Promise<number> {
  speakSchemaWords()
  const program = buildProgram(host)
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return askedExit(program)
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0
      // Help was printed where a word was missing.
      if (error.code === 'commander.help') return 2
    }
    if (host.signal.aborted || error instanceof Interrupted) return INTERRUPTED
    const refused = refusedOf(error)
    const json = argv.includes('--json')
    const style = makeStyle(!json && coloursWanted(host.err.isTty, host.env))
    const text = json
      ? `${jsonText(refusedDocument(refused))}\n`
      : printable(refusedText(refused, style), style.colours)
    host.err.write(text)
    return exitOf(refused)
  }
}
