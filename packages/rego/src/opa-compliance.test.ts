import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { get, runCase, textOf, type Outcome } from './opa-compliance-fixture.ts'
import { readJson } from './json-reader.ts'
import { giveLocal3, handMadePlan, local, stmt, text } from './plan-fixture.ts'

/** Cases that pass as of the last change; raise it when more do. */
const FLOOR = 1683
/** All below it is read, so that more of the suite can be put beside what is there, or stand elsewhere. */
const CORPUS =
  process.env['GATEHOUSE_COMPLIANCE_CASES'] ??
  fileURLToPath(new URL('../../../../shared/corpora/opa-compliance', import.meta.url))

test('every compliance case of OPA whose builtins are known here passes', { timeout: 120_000 }, (ctx) => {
  if (!existsSync(CORPUS)) ctx.skip('the corpus ../shared/corpora/opa-compliance is not on this machine')
  let passed = 0
  const failed: string[] = []
  const leftOut = new Map<string, number>()
  const files = readdirSync(CORPUS, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(?:json|ya?ml)$/.test(name),
  )
  for (const file of files.toSorted()) {
    const cases = get(readJson(readFileSync(join(CORPUS, file), 'utf8'), 1000), 'cases')
    for (const one of Array.isArray(cases) ? cases : []) {
      const outcome = runCase(one)
      if (outcome.kind === 'passed') passed++
      else if (outcome.kind === 'failed') failed.push(`${file} ${textOf(one, 'note')}: ${outcome.why.slice(0, 600)}`)
      else leftOut.set(outcome.reason, (leftOut.get(outcome.reason) ?? 0) + 1)
    }
  }
  const out = [...leftOut.values()].reduce((a, b) => a + b, 0)
  const reasons = [...leftOut].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([reason, count]) => `  ${count} ${reason}`)
  process.stdout.write(
    `OPA compliance: ${passed} passed, ${failed.length} failed, ${out} left out:\n${reasons.join('\n')}\n`,
  )
  expect(failed).toEqual([])
  if (process.env['GATEHOUSE_COMPLIANCE_CASES'] === undefined) expect(passed).toBeGreaterThanOrEqual(FLOOR)
})

const stringResult = [stmt('AssignVarStmt', { source: text(1), target: 3 }), ...giveLocal3]
const inputResult = [stmt('AssignVarStmt', { source: local(0), target: 3 }), ...giveLocal3]
const PLAN = JSON.stringify(handMadePlan({ name: 'eval', strings: ['a'], stmts: stringResult }))
const ECHO = JSON.stringify(handMadePlan({ name: 'eval', stmts: inputResult }))

/** Every way to write a case, and what comes of it. */
const FORMS: readonly (readonly [what: string, one: string, kind: Outcome['kind']])[] = [
  ['a result by its plan', `{"plan":${PLAN},"want_plan_result":[{"result":"a"}]}`, 'passed'],
  ['another result', `{"plan":${PLAN},"want_plan_result":[{"result":"b"}]}`, 'failed'],
  ['a result of the query alone', `{"plan":${PLAN},"want_result":[{"result":"a"}]}`, 'passed'],
  ['no result where one is', `{"plan":${PLAN},"want_result":[]}`, 'failed'],
  ['an entrypoint by name', `{"plan":${PLAN},"entrypoints":["eval"],"want_result":[{"result":"a"}]}`, 'passed'],
  ['an entrypoint that is not there', `{"plan":${PLAN},"entrypoints":["x"],"want_result":[]}`, 'failed'],
  ['data of null', `{"plan":${PLAN},"data":null,"want_result":[{"result":"a"}]}`, 'passed'],
  ['an input', `{"plan":${ECHO},"input":[1.50],"want_result":[{"result":[1.50]}]}`, 'passed'],
  ['an input of null', `{"plan":${ECHO},"input":null,"want_result":[{"result":null}]}`, 'passed'],
  ['an input as a term', `{"plan":${ECHO},"input_term":"{1, 2,}","want_result":[{"result":[1,2]}]}`, 'passed'],
  [
    'bindings in any order',
    `{"plan":${ECHO},"input":[2,1],"sort_bindings":true,"want_result":[{"result":[1,2]}]}`,
    'passed',
  ],
  ['an error where a result is', `{"plan":${PLAN},"want_plan_result":null,"want_error":"x"}`, 'failed'],
  ['an error by its code', `{"plan":${PLAN},"want_error_code":"eval_conflict_error"}`, 'failed'],
  ['generated names', `{"plan":${PLAN},"ignore_generated_vars":true,"want_result":[{"result":"a"}]}`, 'passed'],
  ['a case to be passed over', `{"plan":${PLAN},"ignore":true}`, 'left-out'],
  ['a case without a plan', '{"query":"data.a = x","want_result":[]}', 'left-out'],
  ['a case that wants nothing', `{"plan":${PLAN}}`, 'left-out'],
]

test.for(FORMS)('a compliance case with %s is read', ([, one, kind]) => {
  expect(runCase(readJson(one, 1000)).kind).toBe(kind)
})
