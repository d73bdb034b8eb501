/** For tests: small bundles without OPA. */
import { builtin, giveLocal3, handMadePlan, local, stmt, text } from '@gatehouse/rego/plan-fixture'
import { writeTarGz } from './archive-write.ts'
import { TESTS_FILE, TESTS_SCHEMA } from './bundle-contents.ts'

export interface BundleWish {
  readonly plan?: unknown
  readonly data?: unknown
  readonly tests?: unknown
  readonly manifest?: unknown
  readonly more?: Readonly<Record<string, string>>
}

const stringResult = [stmt('AssignVarStmt', { source: text(1), target: 3 }), ...giveLocal3]

/** A plan whose one entrypoint gives the text "allow". */
export function allowingPlan(name = 'gatehouse/decision'): unknown {
  return handMadePlan({ name, strings: ['allow'], stmts: stringResult })
}

/** A plan whose one entrypoint is true or false, as a test's. */
export function testPlan(value: boolean): unknown {
  const give = stmt('AssignVarStmt', { source: { type: 'bool', value }, target: 3 })
  return handMadePlan({ name: 'gatehouse_test/works', stmts: [give, ...giveLocal3] })
}

export function planWithBuiltin(name: string, arity: number): unknown {
  const call = stmt('CallStmt', { func: name, args: Array.from({ length: arity }, () => local(0)), result: 3 })
  return handMadePlan({ name: 'gatehouse/decision', builtins: [builtin(name, arity)], stmts: [call, ...giveLocal3] })
}

export function testsFile(plan: unknown = testPlan(true), cases: readonly string[] | null = null): unknown {
  const tests = [{ name: 'data.gatehouse_test.works', entrypoint: 'gatehouse_test/works', cases }]
  return { schema: TESTS_SCHEMA, tests, plan }
}

export function bundleLayer(wish: BundleWish = {}): Buffer {
  const files: Record<string, unknown> = {
    '.manifest': wish.manifest ?? {
      revision: 'r1',
      roots: ['gatehouse', ...Object.keys(wish.data ?? {})],
      rego_version: 1,
    },
    'data.json': wish.data ?? {},
    'plan.json': wish.plan ?? allowingPlan(),
    ...(wish.tests === null ? {} : { [TESTS_FILE]: wish.tests ?? testsFile() }),
  }
  const all = new Map(Object.entries(files).map(([path, value]) => [path, Buffer.from(JSON.stringify(value))] as const))
  for (const [path, content] of Object.entries(wish.more ?? {})) all.set(path, Buffer.from(content))
  return writeTarGz(all)
}
