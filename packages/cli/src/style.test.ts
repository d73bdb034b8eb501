import { afterEach, expect, test } from 'vitest'
import { coloursWanted } from './style.ts'
import { closeAll, run, testApi } from './test-host.ts'
import { sampleProposal } from './test-samples.ts'

afterEach(closeAll)

test.each([
  [true, {}, true],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [true, { TERM: 'dumb' }, false],
  [false, {}, false],
])('on a terminal: %j, with %j, colours: %j', async (tty, env, wanted) => {
  expect(coloursWanted(tty, env)).toBe(wanted)
  const api = await testApi({ proposalList: () => ({ json: { items: [sampleProposal()], next_cursor: null } }) })
  const { stdout } = await run(['proposal', 'list'], api, { tty, env })
  expect(stdout().includes('\u001b[')).toBe(wanted)
})
