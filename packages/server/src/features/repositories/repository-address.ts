import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { Problem } from '@gatehouse/core/kernel/problems'
import { checkSource } from '../../adapters/forge/repository-source.ts'

/** IPv4 that the public internet does not route to one host (IANA special-purpose address registry, RFC 6890 and its updates). */
const SPECIAL_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]
/** Of IPv6 only 2000::/3 is public, and of that not what stands for other addresses or for documentation. */
const SPECIAL_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']

function listOf(ranges: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [net = '', bits = ''] = range.split('/')
    list.addSubnet(net, Number(bits), family)
  }
  return list
}
const special4 = listOf(SPECIAL_V4, 'ipv4')
const special6 = listOf(SPECIAL_V6, 'ipv6')
const global6 = listOf(['2000::/3'], 'ipv6')

/** Whether an IP address is one of the public internet: neither loopback, link-local, private nor of another special use. Pure. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !special4.check(address, 'ipv4')
  return family === 6 && global6.check(address, 'ipv6') && !special6.check(address, 'ipv6')
}

type Look = (host: string) => Promise<readonly { readonly address: string }[]>

/**
 * Refuses a URL whose host is, or has by its name, an address inside: a member must not make the server knock at doors that they cannot
 * reach themselves. Paths and what is no URL are not judged here. Problems: private-address, repository-unreachable.
 */
export async function requirePublicAddress(
  source: string,
  look: Look = (host) => lookup(host, { all: true }),
): Promise<void> {
  const checked = checkSource({ kind: 'url', url: source }, ['https', 'ssh', 'http'])
  if (!checked.ok || checked.value.kind !== 'url') return
  const host = new URL(checked.value.url).hostname.replace(/^\[(.*)\]$/, '$1')
  let found: readonly { readonly address: string }[]
  try {
    found = isIP(host) === 0 ? await look(host) : [{ address: host }]
  } catch {
    throw new Problem('repository-unreachable', `source: no address is known for the host ${host}; look at its name`)
  }
  if (found.length > 0 && found.every(({ address }) => isPublicAddress(address))) return
  throw new Problem(
    'private-address',
    `source: the host ${host} is not an address of the public internet; an owner may add a repository from there`,
  )
}
