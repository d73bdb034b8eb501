/** For tests: timestamp authorities that are not each other. The mock gives all of them one name and one serial number. */
import { sign } from 'node:crypto'
import { initializeTSA } from '@sigstore/mock'
import { bits, boolean, context, der, integer, octets, oid, sequence, set } from '../../../tools/opa-certificate-der.ts'
import { ecKeys } from './sigstore-keys-fixture.ts'

type Authority = Awaited<ReturnType<typeof initializeTSA>>

/** What of the mock is changed here: its certificates, which know how they are read. */
interface Changeable {
  rootCert: unknown
  intCert: { readonly constructor: { readonly fromBER: (bytes: Buffer) => unknown } }
}

const SHA256_ECDSA = sequence(oid('1.2.840.10045.4.3.2'))

/** An authority with a key, a root and a name of its own. The clock is read at each timestamp. */
export async function startAuthority(name: string, clock: Date): Promise<Authority> {
  const keys = ecKeys()
  const authority = await initializeTSA(keys, clock)
  const spki = keys.publicKey.export({ format: 'der', type: 'spki' })
  const named = (text: string) => sequence(set(sequence(oid('2.5.4.3'), der(0x0c, Buffer.from(text)))))
  const time = (days: number) =>
    der(0x18, Buffer.from(new Date(clock.getTime() + days * 86_400_000).toISOString().replaceAll(/[-:T]|\.\d+/g, '')))
  const extension = (id: string, value: Buffer) => sequence(oid(id), boolean(true), octets(value))
  const certificate = (serial: number, subject: string, ...extensions: Buffer[]) => {
    const body = sequence(
      context(0, integer(2)),
      integer(serial),
      SHA256_ECDSA,
      named(`${name} root`),
      sequence(time(-1), time(365)),
      named(subject),
      spki,
      context(3, sequence(extensions)),
    )
    return sequence(body, SHA256_ECDSA, bits(sign('sha256', body, keys.privateKey)))
  }
  const serial = Buffer.from(name).readUInt32BE() >>> 1
  const root = certificate(
    serial,
    `${name} root`,
    extension('2.5.29.19', sequence(boolean(true))),
    extension('2.5.29.15', bits(Buffer.from([0x06]), 1)),
  )
  const leaf = certificate(
    serial + 1,
    `${name} signing`,
    extension('2.5.29.15', bits(Buffer.from([0x80]), 7)),
    extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.8'))),
  )
  const changed = authority as unknown as Changeable
  const { fromBER } = changed.intCert.constructor
  const type = changed.intCert.constructor
  Object.assign(changed, { rootCert: fromBER.call(type, root), intCert: fromBER.call(type, leaf) })
  return authority
}
