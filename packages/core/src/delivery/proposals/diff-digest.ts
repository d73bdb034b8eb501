import { sha256, type Sha256 } from '../../kernel/canonical.ts'

/** The digest of a diff is that of its bytes as the forge makes them: one byte more or less is another diff. */
export function diffDigest(bytes: Uint8Array): Sha256 {
  return sha256(bytes)
}
