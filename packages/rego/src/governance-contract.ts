/**
 * Writes policy/governance/data/contract.json from core's schemas of the decision's input.
 * Usage: node packages/rego/src/governance-contract.ts [--check]
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { decisionContract } from '@gatehouse/core/policy/contract'

const FILE = fileURLToPath(new URL('../../../policy/governance/data/contract.json', import.meta.url))

/** The text of contract.json. */
export function contractText(): string {
  return `${JSON.stringify({ governance: { contract: decisionContract() } }, null, 2)}\n`
}

function main(check: boolean): number {
  const text = contractText()
  if (!check) {
    writeFileSync(FILE, text)
    return 0
  }
  if (readFileSync(FILE, 'utf8') === text) return 0
  process.stderr.write(
    'policy/governance/data/contract.json is not what core says; run: node packages/rego/src/governance-contract.ts\n',
  )
  return 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(process.argv.includes('--check'))
