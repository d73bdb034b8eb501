import { expect, test } from 'vitest'
import { isPublicAddress, requirePublicAddress } from './repository-address.ts'

test.each([
  '127.0.0.1',
  '127.255.255.254',
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '192.0.0.8',
  '198.19.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:10.0.0.1',
  '::ffff:8.8.8.8',
  '64:ff9b::a00:1',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'fe80::1%eth0',
  'ff02::1',
  '2001::1',
  '2001:db8::1',
  '2002:a00:1::1',
  'no address',
])('%s is no address of the public internet', (address) => {
  expect(isPublicAddress(address)).toBe(false)
})

test.each(['1.1.1.1', '140.82.112.3', '172.32.0.1', '172.15.0.1', '100.63.0.1', '2606:4700::1', '2a00:1450::1'])(
  '%s is one',
  (address) => {
    expect(isPublicAddress(address)).toBe(true)
  },
)

const known: Readonly<Record<string, readonly string[]>> = {
  'git.example.com': ['140.82.112.3', '2606:4700::1'],
  'inside.example.com': ['10.0.0.7'],
  'both.example.com': ['140.82.112.3', '127.0.0.1'],
  localhost: ['127.0.0.1'],
  '0x7f.1': ['127.0.0.1'],
  nowhere: [],
}
const look = async (host: string) => {
  const found = known[host]
  if (!found) throw new Error('ENOTFOUND')
  return found.map((address) => ({ address }))
}
const told = (source: string) =>
  requirePublicAddress(source, look).then(
    () => 'taken',
    (error: { slug?: string }) => error.slug,
  )

test.each([
  ['https://git.example.com/a.git', 'taken'],
  ['git@git.example.com:a.git', 'taken'],
  ['ssh://git@git.example.com:2222/a.git', 'taken'],
  ['https://inside.example.com/a.git', 'private-address'],
  ['git@inside.example.com:a.git', 'private-address'],
  ['https://both.example.com/a.git', 'private-address'],
  ['https://localhost:8080/a.git', 'private-address'],
  ['https://127.0.0.1/a.git', 'private-address'],
  ['https://2130706433/a.git', 'private-address'],
  ['https://0x7f.1/a.git', 'private-address'],
  ['ssh://0x7f.1/a.git', 'private-address'],
  ['https://[::1]:1/a.git', 'private-address'],
  ['https://[::ffff:10.0.0.1]/a.git', 'private-address'],
  ['ssh://[fe80::1]/a.git', 'private-address'],
  ['http://169.254.169.254/latest', 'private-address'],
  ['https://nowhere/a.git', 'private-address'],
  ['https://gone.example.com/a.git', 'repository-unreachable'],
  ['/srv/a.git', 'taken'],
])('%s: %s', async (source, answer) => {
  expect(await told(source)).toBe(answer)
})
