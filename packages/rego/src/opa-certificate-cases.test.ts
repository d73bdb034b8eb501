/** Operands of certificates, keys and requests that once gave something else here than in OPA, with what OPA 1.22.2 gives. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { BUILTINS } from './builtins/registry.ts'
import { readJson } from './json-reader.ts'
import { BuiltinError, Machine } from './machine.ts'
import { jsonText } from './value-json.ts'

interface CertificateCase {
  /** Of the operands, as `opa-differential-certificates.process.test.ts` makes them. */
  readonly seed: number
  readonly reason: string
  readonly builtin: string
  /** JSON texts. */
  readonly operands: readonly string[]
  /** JSON text; null for undefined. */
  readonly result: string | null
}

const cases = JSON.parse(
  readFileSync(new URL('certificate-cases.json', import.meta.url), 'utf8'),
) as readonly CertificateCase[]

test.for(cases)('$builtin: $reason (seed $seed)', ({ builtin, operands, result }) => {
  const machine = new Machine({ fuel: 1e7, maxDepth: 256, strictBuiltinErrors: false })
  const called = BUILTINS.get(builtin)
  const given = (): string | null => {
    try {
      return jsonText(called?.(machine, ...operands.map((text) => readJson(text))) ?? null)
    } catch (error) {
      if (error instanceof BuiltinError) return null
      throw error
    }
  }
  expect(given()).toBe(result)
})
