/** For tests: the tree, the proofs and the signed checkpoints of a Rekor v2 log (RFC 6962, C2SP signed-note and tlog-checkpoint). */
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { canonicalJson, type Json } from '@gatehouse/core/kernel/canonical'

export interface TiledLog {
  readonly publicKey: KeyObject
  readonly logId: Buffer
  /** One request of POST /api/v2/log/entries; throws where it is none that the log takes. */
  readonly add: (request: unknown) => unknown
  /** Any entry, also one that the log would not take. */
  readonly record: (entry: Json) => unknown
}

/** Names and bytes of the registry's algorithms, as far as tests use them. */
const HASHES: Readonly<Record<string, readonly [name: string, bytes: number]>> = {
  PKIX_ECDSA_P256_SHA_256: ['SHA2_256', 32],
  PKIX_ECDSA_P384_SHA_384: ['SHA2_384', 48],
  PKIX_ECDSA_P521_SHA_512: ['SHA2_512', 64],
  // cosign asks for it with an Ed25519 key.
  PKIX_ED25519_PH: ['SHA2_512', 64],
  PKIX_RSA_PKCS1V15_2048_SHA256: ['SHA2_256', 32],
  PKIX_RSA_PKCS1V15_3072_SHA256: ['SHA2_256', 32],
  PKIX_RSA_PKCS1V15_4096_SHA256: ['SHA2_256', 32],
}

const sha256 = (...parts: readonly Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest()
const leafHash = (body: Buffer) => sha256(Buffer.from([0]), body)
const nodeHash = (left: Buffer, right: Buffer) => sha256(Buffer.from([1]), left, right)

function split(size: number): number {
  let half = 1
  while (half * 2 < size) half *= 2
  return half
}

function rootOf(leaves: readonly Buffer[]): Buffer {
  const [first] = leaves
  if (first !== undefined && leaves.length === 1) return first
  const half = split(leaves.length)
  return nodeHash(rootOf(leaves.slice(0, half)), rootOf(leaves.slice(half)))
}

function proofOf(index: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length <= 1) return []
  const half = split(leaves.length)
  const [left, right] = [leaves.slice(0, half), leaves.slice(half)]
  return index < half ? [...proofOf(index, left), rootOf(right)] : [...proofOf(index - half, right), rootOf(left)]
}

/** A log with strangers' entries before and after, so that proofs are not empty. */
export function startTiledLog(origin: string): TiledLog {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  const logId = sha256(Buffer.from(`${origin}\n`), Buffer.from([1]), raw)
  const stranger = (name: string) => leafHash(Buffer.from(`{"of":"${name}"}`))
  const leaves: Buffer[] = ['a', 'b', 'c'].map(stranger)

  function checkpoint(): string {
    const note = `${origin}\n${leaves.length}\n${rootOf(leaves).toString('base64')}\n`
    const signature = Buffer.concat([logId.subarray(0, 4), sign(null, Buffer.from(note), privateKey)])
    return `${note}\n\u2014 ${origin} ${signature.toString('base64')}\n`
  }

  function add(request: unknown): unknown {
    const { hashedRekordRequestV002: asked } = request as {
      hashedRekordRequestV002?: { digest: string; signature: { verifier: { keyDetails: string } } & Json }
    }
    if (asked === undefined) throw new Error('only hashedrekord is taken')
    const [algorithm, bytes] = HASHES[asked.signature.verifier.keyDetails] ?? ['', 0]
    if (Buffer.from(asked.digest, 'base64').length !== bytes) throw new Error('the digest is not of the key’s hash')
    const data = { algorithm, digest: asked.digest }
    const spec = { hashedRekordV002: { data, signature: asked.signature } }
    return record({ apiVersion: '0.0.2', kind: 'hashedrekord', spec })
  }

  function record(entry: Json): unknown {
    const body = Buffer.from(canonicalJson(entry))
    const { kind, apiVersion } = entry as Readonly<Record<string, string>>
    const index = leaves.push(leafHash(body)) - 1
    leaves.push(stranger(`after ${index}`))
    return {
      logIndex: String(index),
      logId: { keyId: logId.toString('base64') },
      kindVersion: { kind, version: apiVersion },
      inclusionProof: {
        logIndex: String(index),
        treeSize: String(leaves.length),
        rootHash: rootOf(leaves).toString('base64'),
        hashes: proofOf(index, leaves).map((hash) => hash.toString('base64')),
        checkpoint: { envelope: checkpoint() },
      },
      canonicalizedBody: body.toString('base64'),
    }
  }
  return { publicKey, logId, add, record }
}
