import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { algorithmOf } from './signing-algorithm.ts'
import { needsPassword, readPrivateKey, readPublicKey } from './signing-key.ts'

const pem = { public: { format: 'pem', type: 'spki' }, private: { format: 'pem', type: 'pkcs8' } } as const
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve })
const refused = expect.objectContaining({ slug: 'signing-key-invalid' })

const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength })

test.each([
  ['ECDSA on P-256', () => ec('P-256'), 'sha256'],
  ['ECDSA on P-384', () => ec('P-384'), 'sha384'],
  ['ECDSA on P-521', () => ec('P-521'), 'sha512'],
  ['RSA of 2048 bits', () => rsa(2048), 'sha256'],
  ['Ed25519', () => generateKeyPairSync('ed25519'), null],
])('a key of %s is read', (_, make, hash) => {
  const keys = make()
  const text = keys.privateKey.export(pem.private).toString()
  expect(readPrivateKey(text, null).equals(keys.privateKey)).toBe(true)
  expect(readPublicKey(keys.publicKey.export(pem.public).toString()).equals(keys.publicKey)).toBe(true)
  expect(algorithmOf(keys.publicKey)?.hash).toBe(hash)
})

test.each([
  ['ECDSA on P-224', () => ec('P-224'), 'secp224r1'],
  ['ECDSA on secp256k1', () => ec('secp256k1'), 'secp256k1'],
  ['RSA of 1024 bits', () => rsa(1024), '1024 bits'],
  ['RSA-PSS', () => generateKeyPairSync('rsa-pss', { modulusLength: 2048 }), 'rsa-pss'],
  ['Ed448', () => generateKeyPairSync('ed448'), 'ed448'],
])('a key of %s is refused by its name', (_, make, named) => {
  const keys = make()
  const told = expect.objectContaining({ slug: 'signing-key-invalid', message: expect.stringContaining(named) })
  expect(() => readPrivateKey(keys.privateKey.export(pem.private).toString(), null)).toThrow(told)
  expect(() => readPublicKey(keys.publicKey.export(pem.public).toString())).toThrow(told)
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
