import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { buildProgram } from '../../packages/cli/src/program.ts'
import * as operations from '../../packages/console/src/api/operations.ts'

const source = join(import.meta.dirname, '../../packages/console/src')

/** What the command line would not understand of a command, or null. */
function misread(command: string): string | null {
  let at: ReturnType<typeof buildProgram> = buildProgram()
  const words = command.split(/\s+/).slice(1)
  for (let next = at.commands.find((each) => each.name() === words[0]); next;) {
    at = next
    words.shift()
    next = at.commands.find((each) => each.name() === words[0])
  }
  if (at.commands.length > 0) return `${command}: no command ${words[0] ?? ''}`
  const options = words.filter((word) => word.startsWith('--'))
  const unknown = options.find((word) => !at.options.some((option) => option.long === word))
  if (unknown !== undefined) return `${command}: no option ${unknown}`
  const absent = at.options.find((option) => option.mandatory && !options.includes(option.long ?? ''))
  if (absent) return `${command}: ${absent.long ?? ''} is missing`
  const given = words.filter((word, index) => !word.startsWith('--') && !words[index - 1]?.startsWith('--'))
  const needed = at.registeredArguments.filter((argument) => argument.required).length
  return given.length >= needed && given.length <= at.registeredArguments.length
    ? null
    : `${command}: ${given.length} arguments`
}

test('every operation that the console copies is a command of the command line', () => {
  const commands = [
    operations.acceptRunbook('rbk_1', 'd'),
    operations.runTask('tsk_1', 'agent'),
    operations.cancelTask('tsk_1'),
    operations.validateProposal('prp_1'),
    operations.approveProposal('prp_1', 'd', 'comment'),
    operations.rejectProposal('prp_1', 'd', 'comment'),
    operations.revokeApproval('prp_1'),
    operations.withdrawProposal('prp_1', 'why'),
    operations.mergeProposal('prp_1'),
    operations.disableAgent('agt_1'),
    operations.redriveJob('1'),
    operations.discardJob('1'),
    operations.verifyLedger(),
  ].map(operations.asCommand)
  expect(commands.flatMap((command) => misread(command) ?? [])).toEqual([])
})

test('every command that a page shows is one too', () => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.tsx'))
  const shown = files.flatMap((file) =>
    [...readFileSync(join(source, file), 'utf8').matchAll(/command=(?:"|\{`)(gatehouse [^"`]+)/g)].map((match) =>
      (match[1] ?? '').replaceAll(/\$\{[^}]+\}/g, 'id'),
    ),
  )
  expect(shown.length).toBeGreaterThan(8)
  expect(shown.flatMap((command) => misread(command) ?? [])).toEqual([])
})
