/**
 * How fast an export verifies, beside the floor: hashing the same bytes and nothing else.
 * `node packages/ledger/src/ledger-bench.ts [events]` prints one line of JSON; times in milliseconds, the best of three.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { chainHash, GENESIS_HASH, leafHash } from './chain.ts'
import { chainCheck } from './chain-check.ts'
import { toHex } from './encoding.ts'
import { headerLine, recordLine } from './export-file.ts'
import { sampleRecords } from './ledger-samples.ts'
import { merkleRoot } from './merkle.ts'
import { verifyExport } from './verify.ts'

async function best(work: () => unknown): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < 3; round++) {
    const start = performance.now()
    await work()
    least = Math.min(least, performance.now() - start)
  }
  return Math.round(least)
}

const count = Number(process.argv[2] ?? 100_000)
const records = sampleRecords(count)
const bytes = records.reduce((sum, record) => sum + record.body.length, 0)
const head_hash = toHex(records.at(-1)?.hash ?? GENESIS_HASH)
const root_hash = toHex(merkleRoot(records.map((record) => leafHash(record.body))))
const lines = [headerLine({ count, head_hash, root_hash }), ...records.map(recordLine)]

function chainOnly(): void {
  let head = GENESIS_HASH
  for (const { body } of records) head = chainHash(head, body)
  if (toHex(head) !== head_hash) throw new Error('the chain does not give its head')
}

function checkOnly(): void {
  const check = chainCheck()
  for (const record of records) {
    const wrong = check.add(record)
    if (wrong !== undefined) throw new Error(wrong.detail)
  }
  if (toHex(check.root()) !== root_hash) throw new Error('the events do not give their root')
}

const chain_hash_ms = await best(chainOnly)
const chain_and_tree_hash_ms = await best(() => {
  chainOnly()
  merkleRoot(records.map((record) => leafHash(record.body)))
})
const check_ms = await best(checkOnly)
const verify_export_ms = await best(async () => {
  const result = await verifyExport(lines)
  if (!result.ok) throw new Error(result.detail)
})
const noble_ms = await best(() => {
  for (const { body } of records.slice(0, Math.ceil(count / 10))) sha256(body)
})

process.stdout.write(
  `${JSON.stringify({
    events: count,
    mean_body_bytes: Math.round(bytes / count),
    chain_hash_ms,
    chain_and_tree_hash_ms,
    check_ms,
    verify_export_ms,
    verify_over_hashing: Number((verify_export_ms / chain_and_tree_hash_ms).toFixed(2)),
    noble_sha256_of_a_tenth_ms: noble_ms,
    node: process.version,
  })}\n`,
)
