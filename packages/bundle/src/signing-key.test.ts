import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { needsPassword, readPrivateKey, readPublicKey } from './signing-key.ts'

const pem = { public: { format: 'pem', type: 'spki' }, private: { format: 'pem', type: 'pkcs8' } } as const
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve })
const refused = expect.objectContaining({ slug: 'signing-key-invalid' })

test.each([
  ['ECDSA on P-256', () => ec('P-256')],
  ['Ed25519', () => generateKeyPairSync('ed25519')],
])('a key of %s is read', (_, make) => {
  const keys = make()
  const text = keys.privateKey.export(pem.private).toString()
  expect(readPrivateKey(text, null).equals(keys.privateKey)).toBe(true)
  expect(readPublicKey(keys.publicKey.export(pem.public).toString()).equals(keys.publicKey)).toBe(true)
})

test.each([
  ['ECDSA on P-384', () => ec('P-384')],
  ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
])('a key of %s is refused, whose signatures would be judged by the wrong hash', (_, make) => {
  const keys = make()
  expect(() => readPrivateKey(keys.privateKey.export(pem.private).toString(), null)).toThrow(refused)
  expect(() => readPublicKey(keys.publicKey.export(pem.public).toString())).toThrow(refused)
})

test('an encrypted PKCS #8 key needs its password', () => {
  const { privateKey } = ec('P-256')
  const text = privateKey.export({ ...pem.private, cipher: 'aes-256-cbc', passphrase: 'horse' }).toString()
  expect(needsPassword(text)).toBe(true)
  expect(readPrivateKey(text, 'horse').equals(privateKey)).toBe(true)
  for (const password of ['other', null]) expect(() => readPrivateKey(text, password)).toThrow(refused)
})

test('a private key where the public one is needed is refused, and so is what is no key', () => {
  const text = ec('P-256').privateKey.export(pem.private).toString()
  expect(() => readPublicKey(text)).toThrow(refused)
  for (const other of ['', 'hello', '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nZm9v\n-----END']) {
    expect(() => readPublicKey(other)).toThrow(refused)
    expect(() => readPrivateKey(other, 'x')).toThrow(refused)
  }
})
