import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { leafHash } from './chain.ts'
import { toHex } from './encoding.ts'
import { merkleRange, merkleRoot } from './merkle.ts'

// The reference tree of certificate-transparency (RFC 6962): the leaves and the roots of their first n.
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

/** The definition in RFC 6962, section 2.1, read literally. */
function definition(bodies: readonly Buffer[]): Buffer {
  const sha = (...parts: Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest()
  const [only] = bodies
  if (only === undefined) return sha()
  if (bodies.length === 1) return sha(Buffer.of(0), only)
  let split = 1
  while (split * 2 < bodies.length) split *= 2
  return sha(Buffer.of(1), definition(bodies.slice(0, split)), definition(bodies.slice(split)))
}

test('roots are those of the certificate transparency reference tree', () => {
  const range = merkleRange()
  const roots = LEAVES.map((leaf) => {
    range.add(leafHash(Buffer.from(leaf, 'hex')))
    return toHex(range.root())
  })
  expect(roots).toEqual(ROOTS)
})

test('the root of nothing is the hash of nothing', () => {
  expect(toHex(merkleRoot([]))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
})

test('the compact range agrees with the definition for every size up to 130', () => {
  const bodies = Array.from({ length: 130 }, (_, index) => Buffer.from(`event ${index}`))
  const range = merkleRange()
  for (const [index, body] of bodies.entries()) {
    range.add(leafHash(body))
    expect(toHex(range.root())).toBe(definition(bodies.slice(0, index + 1)).toString('hex'))
    expect(range.size()).toBe(index + 1)
  }
})
