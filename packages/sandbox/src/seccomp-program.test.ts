import { expect, test } from 'vitest'
import { deniedCalls, evaluateSeccomp, seccompProgram, type SeccompArch } from './seccomp-program.ts'

const AUDIT = { x64: 0xc000003e, arm64: 0xc00000b7 }
const CLONE = { x64: 56, arm64: 220 }
const IOCTL = { x64: 16, arm64: 29 }

function ask(arch: SeccompArch, number: number, words: readonly number[] = []): ReturnType<typeof evaluateSeccomp> {
  const program = seccompProgram(arch)
  if (program === null) throw new Error('no program')
  return evaluateSeccomp(program, { arch: AUDIT[arch], number, words })
}

test.each(['x64', 'arm64'] as const)('the filter of %s denies namespaces, mounts, tracing and kernel doors', (arch) => {
  const wanted = [
    'unshare',
    'setns',
    'mount',
    'umount2',
    'pivot_root',
    'ptrace',
    'bpf',
    'keyctl',
    'add_key',
    'kexec_load',
  ]
  wanted.push('perf_event_open', 'userfaultfd', 'io_uring_setup', 'io_uring_enter', 'io_uring_register')
  expect(deniedCalls(arch)).toEqual(expect.arrayContaining(wanted))
  const numbers =
    arch === 'x64'
      ? [272, 308, 165, 166, 155, 101, 321, 250, 248, 246, 298, 323, 425]
      : [97, 268, 40, 39, 41, 117, 280, 219, 217, 104, 241, 282, 425]
  for (const number of numbers) expect(ask(arch, number), `call ${number}`).toEqual({ errno: 1 })
})

test.each(['x64', 'arm64'] as const)('on %s clone makes threads and processes, but no namespace', (arch) => {
  expect(ask(arch, CLONE[arch], [0x003d0f00])).toBe('allow')
  expect(ask(arch, CLONE[arch], [17])).toBe('allow')
  for (const flag of [0x10000000, 0x20000, 0x20000000, 0x40000000, 0x8000000, 0x4000000, 0x2000000]) {
    expect(ask(arch, CLONE[arch], [flag | 17])).toEqual({ errno: 1 })
  }
  expect(ask(arch, 435, [0])).toEqual({ errno: 38 })
})

test('ordinary calls pass, terminal injection does not, and another architecture is killed', () => {
  expect(ask('x64', 0)).toBe('allow')
  expect(ask('x64', 59)).toBe('allow')
  expect(ask('x64', IOCTL.x64, [0, 0x5401])).toBe('allow')
  expect(ask('x64', IOCTL.x64, [0, 0x5412])).toEqual({ errno: 1 })
  expect(ask('x64', 0x40000000 + 272)).toEqual({ errno: 38 })
  const program = seccompProgram('x64') ?? Buffer.alloc(0)
  expect(evaluateSeccomp(program, { arch: 0x40000003, number: 0, words: [] })).toBe('kill')
  expect(seccompProgram('riscv64')).toBeNull()
})
