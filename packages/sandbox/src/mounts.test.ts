import { expect, test } from 'vitest'
import { fstabWord, lockedFlags } from './mounts.ts'

test('blanks and backslashes of a path are octal in fstab', () => {
  expect(fstabWord('/a b\\c\td')).toBe('/a\\040b\\134c\\011d')
})

test('the flags of the nearest mount are repeated, the later one on the same point counts', () => {
  const mountinfo = [
    '1 0 8:1 / / rw,relatime - ext4 /dev/a rw',
    '2 1 0:1 / /usr ro,nosuid,nodev,relatime - ext4 /dev/b rw',
    '3 1 0:2 / /with\\040blank rw,nosuid - tmpfs t rw',
    '4 1 0:3 / /with\\040blank rw,noexec - tmpfs t rw',
  ].join('\n')
  expect(lockedFlags(mountinfo, '/etc/x')).toEqual(['relatime'])
  expect(lockedFlags(mountinfo, '/usr/bin')).toEqual(['nosuid', 'nodev', 'relatime'])
  expect(lockedFlags(mountinfo, '/with blank/x')).toEqual(['noexec'])
})
