import type { Json } from '@gatehouse/core/kernel/canonical'

/** What cosign 3 signs for an artifact: an in-toto statement (v1) whose subject is the manifest's digest. */
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json'
const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1'
export const PREDICATE_TYPE = 'https://sigstore.dev/cosign/sign/v1'

export function makeStatement(digest: string): Buffer {
  const statement: Json = {
    _type: STATEMENT_TYPE,
    subject: [{ digest: { sha256: digest.slice('sha256:'.length) } }],
    predicateType: PREDICATE_TYPE,
    predicate: {},
  }
  return Buffer.from(JSON.stringify(statement))
}

/**
 * Whether a signed payload says "signed" of this very digest. An attestation of another kind about it (provenance, a scan) is no approval,
 * and the verifier of the envelope compares no subject: this does.
 */
export function statementNames(payloadType: string, payload: Uint8Array, digest: string): boolean {
  if (payloadType !== PAYLOAD_TYPE) return false
  let statement: unknown
  try {
    statement = JSON.parse(Buffer.from(payload).toString('utf8'))
  } catch {
    return false
  }
  if (member(statement, '_type') !== STATEMENT_TYPE || member(statement, 'predicateType') !== PREDICATE_TYPE)
    return false
  const subjects = member(statement, 'subject')
  if (!Array.isArray(subjects)) return false
  const hex = digest.slice('sha256:'.length)
  return subjects.some((subject: unknown) => member(member(subject, 'digest'), 'sha256') === hex)
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Record<string, unknown>)[name]
}
