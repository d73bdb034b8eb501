// The shell itself is the judge of its quoting; tests run in Node.
// oxlint-disable-next-line eslint/no-restricted-imports
import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import {
  approveProposal,
  asCommand,
  asCurl,
  redriveJob,
  rejectProposal,
  shellWord,
  verifyLedger,
} from './operations.ts'

describe('an operation as text', () => {
  test('the command names the act as the command line does', () => {
    expect(asCommand(redriveJob('42'))).toBe('gatehouse jobs dead redrive 42')
    expect(asCommand(approveProposal('prp_1', 'ab', ''))).toBe('gatehouse proposal approve prp_1 --intent ab')
  })
  test('curl sends the same path and body as the page', () => {
    expect(asCurl(approveProposal('prp_1', 'ab', 'fine'))).toContain('"$GATEHOUSE_URL/api/proposals/prp_1/approve"')
    expect(asCurl(approveProposal('prp_1', 'ab', 'fine'))).toContain(`-d '{"intent_digest":"ab","comment":"fine"}'`)
    expect(asCurl(verifyLedger())).toMatch(/^curl "\$GATEHOUSE_URL\/api\/ledger\/verification"/)
  })
  test('no token is ever in what is copied', () => {
    expect(asCurl(approveProposal('prp_1', 'ab', ''))).toContain('Bearer $GATEHOUSE_TOKEN')
  })
  test('an id cannot leave its place in the address', () => {
    expect(asCurl(redriveJob('../../tokens'))).toContain('/api/jobs/dead/..%2F..%2Ftokens/redrive')
  })
})

describe('a word for the shell', () => {
  test.each(["it's", '$(id)', '`id`', 'a b', '"', '\\', '', 'ünicode', '!x', '*'])(
    '%j comes back as it was',
    (word) => {
      expect(execFileSync('/bin/sh', ['-c', `printf %s ${shellWord(word)}`], { encoding: 'utf8' })).toBe(word)
    },
  )
  test('a comment with quotes survives the whole command', () => {
    const command = asCommand(rejectProposal('prp_1', 'ab', `don't; rm -rf "$HOME"`))
    const out = execFileSync('/bin/sh', ['-c', `gatehouse() { printf '%s\\n' "$@"; }; ${command}`], {
      encoding: 'utf8',
    })
    expect(out.split('\n').slice(0, -1)).toEqual([
      'proposal',
      'reject',
      'prp_1',
      '--intent',
      'ab',
      '--comment',
      `don't; rm -rf "$HOME"`,
    ])
  })
})
