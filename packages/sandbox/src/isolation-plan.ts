import type { HostTools } from './host-tools.ts'
import type { Privilege, SandboxUser } from './sandbox-user.ts'

export const DRIVERS = ['bubblewrap', 'util-linux'] as const
export type Driver = (typeof DRIVERS)[number]

/** How one machine is made to isolate: every value was tried and worked when the plan was made (see probe.ts). */
export interface IsolationPlan {
  readonly driver: Driver
  readonly privilege: Privilege
  readonly user: SandboxUser
  readonly tools: HostTools
  /** A user namespace of its own for each command; false only for host-root where the kernel refuses ordinary users one. */
  readonly userns: boolean
  /** `copy`: no overlayfs here, the base is copied into the private tmpfs. */
  readonly overlay: 'overlay' | 'overlay-userxattr' | 'copy'
  readonly proc: 'fresh' | 'none'
  readonly seccomp: boolean
  /** What keeps a command from making user namespaces inside. */
  readonly nested_userns_limit: boolean
}

/**
 * Does the holder have a pid namespace of its own? Not where it cannot have a /proc to match and bubblewrap is used:
 * bwrap looks up its child by number in /proc and would find another process.
 */
export function holderHasPidNamespace(plan: IsolationPlan): boolean {
  return plan.proc === 'fresh' || plan.driver === 'util-linux'
}

/** Where the workspace, the private home and the tools stand inside. The same in every isolated run. */
export const WORKSPACE = '/workspace'
export const HOME = '/home/sandbox'
export const TOOLS = '/opt/gatehouse'

/** A setup step failed on this machine; `message` carries what the tool said. */
export class SandboxSetupError extends Error {
  readonly code = 'sandbox-setup-failed'
}
