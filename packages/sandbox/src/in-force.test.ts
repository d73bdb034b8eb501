import { expect, test } from 'vitest'
import { interfaces, shortcomings, type InForce } from './in-force.ts'

const USER = { uid: 7, gid: 7, own: true }
const GOOD: InForce = {
  uid: 7,
  gid: 7,
  groups: [],
  capabilities: '0000000000000000',
  no_new_privs: true,
  seccomp: 'filter',
  own_namespaces: { pid: true, net: true, mnt: true, user: true, ipc: true, uts: true, cgroup: true },
  interfaces: ['lo'],
  writable: ['/workspace', '/tmp', '/home/sandbox', '/dev/shm'],
  proc: 'fresh',
}

test('a command that is isolated as planned has no shortcoming', () => {
  expect(shortcomings(GOOD, USER, true)).toEqual([])
  expect(shortcomings({ ...GOOD, seccomp: 'off' }, USER, false)).toEqual([])
})

test.each<[string, Partial<InForce>]>([
  ['uid', { uid: 0 }],
  ['gid', { gid: 0 }],
  ['groups', { groups: [0, 27] }],
  ['capabilities', { capabilities: '0000000000000400' }],
  ['no_new_privs', { no_new_privs: false }],
  ['seccomp', { seccomp: 'off' }],
  ['net namespace', { own_namespaces: { ...GOOD.own_namespaces, net: false } }],
  ['pid namespace', { own_namespaces: { ...GOOD.own_namespaces, pid: null } }],
  ['interfaces', { interfaces: ['lo', 'eth0'] }],
  ['/proc', { proc: 'host' }],
  ['writable', { writable: ['/workspace', '/usr'] }],
])('a command without its %s is refused', (word, change) => {
  expect(shortcomings({ ...GOOD, ...change }, USER, true).join()).toContain(word)
})

test('interfaces are read from the table of /proc/net/dev', () => {
  expect(interfaces('Inter-|\n face |\n    lo:  0 0\n  eth0: 1 2\n')).toEqual(['lo', 'eth0'])
})
