import { readFileSync } from 'node:fs'

/** Who a sandboxed command runs as. `own` is false when it is the very user that runs us. */
export interface SandboxUser {
  readonly uid: number
  readonly gid: number
  readonly own: boolean
}

/** Above every range that systemd or Debian hand out; and one below 65536 for containers that map no more. */
const HIGH_UID = 1_879_100_001
const LOW_UID = 64_713
const NOBODY = 65_534

/** Is this id mapped in our user namespace? (`/proc/self/uid_map`: inside, outside, count; user_namespaces(7)) */
export function isMapped(uidMap: string, uid: number): boolean {
  return uidMap
    .trim()
    .split('\n')
    .some((line) => {
      const [inside, , count] = line.trim().split(/\s+/).map(Number)
      return inside !== undefined && count !== undefined && uid >= inside && uid < inside + count
    })
}

/**
 * Started as root: a fixed unprivileged uid that no account has, because base layers belong to it.
 * Started as anybody else: that user, since nobody else's id can be had.
 */
export function sandboxUser(): SandboxUser {
  const uid = process.getuid?.() ?? 0
  const gid = process.getgid?.() ?? 0
  if (uid !== 0) return { uid, gid, own: false }
  const map = readFileSync('/proc/self/uid_map', 'utf8')
  const chosen = [HIGH_UID, LOW_UID].find((candidate) => isMapped(map, candidate)) ?? NOBODY
  return { uid: chosen, gid: chosen, own: true }
}

/** A uid that only one run has, for the runner without isolation: then "kill all of this uid" is that run's whole tree. */
export function ownUidPerRun(random: number): SandboxUser {
  const map = readFileSync('/proc/self/uid_map', 'utf8')
  const high = HIGH_UID + 1 + (random % 1_000_000)
  const low = 62_000 + (random % 2_500)
  const uid = isMapped(map, high) ? high : low
  return { uid, gid: uid, own: true }
}

const CAP_SYS_ADMIN = 21n

/** `host-root`: root with CAP_SYS_ADMIN; `mapped-root`: root without it; `user`: anybody else. */
export type Privilege = 'host-root' | 'mapped-root' | 'user'

export function privilege(): Privilege {
  if (process.getuid?.() !== 0) return 'user'
  const status = readFileSync('/proc/self/status', 'utf8')
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`)
  return (effective >> CAP_SYS_ADMIN) & 1n ? 'host-root' : 'mapped-root'
}
