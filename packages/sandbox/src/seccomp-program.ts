/**
 * A classic BPF program for seccomp (seccomp(2), linux/filter.h), as bwrap --seccomp reads it: an array of
 * `struct sock_filter { u16 code; u8 jt; u8 jf; u32 k }` in the machine's byte order. No libseccomp needed.
 */
export type SeccompArch = 'x64' | 'arm64'

const LD_ABS = 0x20
const JMP_EQ = 0x15
const JMP_GE = 0x35
const JMP_SET = 0x45
const RET = 0x06
const ALLOW = 0x7fff0000
const KILL_PROCESS = 0x80000000
const EPERM = 0x00050000 | 1
const ENOSYS = 0x00050000 | 38

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET (linux/sched.h). In clone(2) the low byte is the exit signal, so CLONE_NEWTIME (0x80) cannot be asked for there. */
const CLONE_NEW_MASK = 0x7e020000
const TIOCSTI = 0x5412
const TIOCLINUX = 0x541c

/** System call numbers: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h. */
const CALLS = {
  x64: {
    audit: 0xc000003e,
    clone: 56,
    clone3: 435,
    ioctl: 16,
    denied: {
      unshare: 272,
      setns: 308,
      mount: 165,
      umount2: 166,
      pivot_root: 155,
      chroot: 161,
      ptrace: 101,
      process_vm_readv: 310,
      process_vm_writev: 311,
      bpf: 321,
      keyctl: 250,
      add_key: 248,
      request_key: 249,
      kexec_load: 246,
      kexec_file_load: 320,
      perf_event_open: 298,
      userfaultfd: 323,
      io_uring_setup: 425,
      io_uring_enter: 426,
      io_uring_register: 427,
      init_module: 175,
      finit_module: 313,
      delete_module: 176,
      reboot: 169,
      swapon: 167,
      swapoff: 168,
      acct: 163,
      open_by_handle_at: 304,
      fsopen: 430,
      fsconfig: 431,
      fsmount: 432,
      fspick: 433,
      move_mount: 429,
      open_tree: 428,
      mount_setattr: 442,
      quotactl: 179,
      vhangup: 153,
    },
  },
  arm64: {
    audit: 0xc00000b7,
    clone: 220,
    clone3: 435,
    ioctl: 29,
    denied: {
      unshare: 97,
      setns: 268,
      mount: 40,
      umount2: 39,
      pivot_root: 41,
      chroot: 51,
      ptrace: 117,
      process_vm_readv: 270,
      process_vm_writev: 271,
      bpf: 280,
      keyctl: 219,
      add_key: 217,
      request_key: 218,
      kexec_load: 104,
      kexec_file_load: 294,
      perf_event_open: 241,
      userfaultfd: 282,
      io_uring_setup: 425,
      io_uring_enter: 426,
      io_uring_register: 427,
      init_module: 105,
      finit_module: 273,
      delete_module: 106,
      reboot: 142,
      swapon: 224,
      swapoff: 225,
      acct: 89,
      open_by_handle_at: 265,
      fsopen: 430,
      fsconfig: 431,
      fsmount: 432,
      fspick: 433,
      move_mount: 429,
      open_tree: 428,
      mount_setattr: 442,
      quotactl: 60,
      vhangup: 58,
    },
  },
} as const

interface Instruction {
  readonly code: number
  readonly jt: number
  readonly jf: number
  readonly k: number
}

const load = (offset: number): Instruction => ({ code: LD_ABS, jt: 0, jf: 0, k: offset })
const jump = (code: number, k: number, jt: number, jf: number): Instruction => ({ code, jt, jf, k })
const give = (action: number): Instruction => ({ code: RET, jt: 0, jf: 0, k: action })

/** Names of the system calls denied outright on this architecture. */
export function deniedCalls(arch: SeccompArch): string[] {
  return Object.keys(CALLS[arch].denied)
}

/** `seccomp_data` (linux/seccomp.h): nr at 0, arch at 4, args from 16, eight bytes each, low word first on both of ours. */
function instructions(arch: SeccompArch): Instruction[] {
  const table = CALLS[arch]
  const program: Instruction[] = [load(4), jump(JMP_EQ, table.audit, 1, 0), give(KILL_PROCESS), load(0)]
  // The x32 numbers reach the same kernel functions by other numbers.
  if (arch === 'x64') program.push(jump(JMP_GE, 0x40000000, 0, 1), give(ENOSYS))
  // clone3's flags stand in memory that a filter cannot read; libc falls back to clone on ENOSYS.
  program.push(jump(JMP_EQ, table.clone3, 0, 1), give(ENOSYS))
  program.push(jump(JMP_EQ, table.clone, 0, 4), load(16), jump(JMP_SET, CLONE_NEW_MASK, 0, 1), give(EPERM), give(ALLOW))
  program.push(
    jump(JMP_EQ, table.ioctl, 0, 5),
    load(24),
    jump(JMP_EQ, TIOCSTI, 1, 0),
    jump(JMP_EQ, TIOCLINUX, 0, 1),
    give(EPERM),
    give(ALLOW),
  )
  for (const number of Object.values(table.denied)) program.push(jump(JMP_EQ, number, 0, 1), give(EPERM))
  program.push(give(ALLOW))
  return program
}

/** The program's bytes, or null for an architecture we have no table of. */
export function seccompProgram(arch: string): Buffer | null {
  if (arch !== 'x64' && arch !== 'arm64') return null
  const list = instructions(arch)
  const bytes = Buffer.alloc(list.length * 8)
  list.forEach((instruction, index) => {
    bytes.writeUInt16LE(instruction.code, index * 8)
    bytes.writeUInt8(instruction.jt, index * 8 + 2)
    bytes.writeUInt8(instruction.jf, index * 8 + 3)
    bytes.writeUInt32LE(instruction.k >>> 0, index * 8 + 4)
  })
  return bytes
}

/**
 * What the program answers for one call: used by tests to walk every path without a kernel.
 * `word` gives the low 32 bits of argument n.
 */
export function evaluateSeccomp(
  program: Buffer,
  call: { readonly arch: number; readonly number: number; readonly words: readonly number[] },
): 'allow' | 'kill' | { readonly errno: number } {
  let accumulator = 0
  for (let at = 0; at * 8 < program.length; at++) {
    const code = program.readUInt16LE(at * 8)
    const k = program.readUInt32LE(at * 8 + 4)
    if (code === LD_ABS) {
      accumulator = k === 0 ? call.number : k === 4 ? call.arch : (call.words[(k - 16) / 8] ?? 0)
      continue
    }
    if (code === RET) {
      if (k === ALLOW) return 'allow'
      return k === KILL_PROCESS ? 'kill' : { errno: k & 0xffff }
    }
    const taken =
      code === JMP_EQ ? accumulator === k : code === JMP_GE ? accumulator >= k : (accumulator & k) >>> 0 !== 0
    at += program.readUInt8(at * 8 + (taken ? 2 : 3))
  }
  throw new RangeError('a seccomp program must end with a return')
}
