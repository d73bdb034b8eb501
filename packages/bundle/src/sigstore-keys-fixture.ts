/** For tests: keys as sigstore's services have them. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'

export function ecKeys(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}
