import { z } from 'zod'

export const ENVELOPE_SCHEMA = 'gatehouse.sandbox-envelope/v1'

const Stream = z.strictObject({
  /** First and last part; a line between says how many bytes are missing. */
  text: z.string(),
  bytes: z.int().min(0),
  dropped: z.int().min(0),
  /** SHA-256 of all bytes, hexadecimal, also of the dropped ones. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})

/** What was in force, read by the host from /proc of the very process that then became each command. */
export const IsolationInForce = z.strictObject({
  driver: z.enum(['bubblewrap', 'util-linux', 'none']),
  /** `none`: only a loopback of its own. `host`: everything the host reaches. */
  network: z.enum(['none', 'host']),
  loopback: z.enum(['up', 'down', 'host']),
  filesystem: z.enum(['overlay', 'overlay-userxattr', 'private-copy', 'plain-copy']),
  /** Paths inside that can be written to; empty means not limited by mounts. */
  writable: z.array(z.string()),
  user: z.strictObject({
    uid: z.int(),
    own: z.boolean(),
    capabilities: z.string(),
    no_new_privs: z.boolean(),
    user_namespace: z.boolean(),
  }),
  pid: z.enum(['own-namespace', 'host']),
  seccomp: z.enum(['filter', 'off']),
  cgroup: z.strictObject({
    version: z.enum(['v1', 'v2', 'none']),
    controllers: z.array(z.enum(['memory', 'pids', 'cpu'])),
  }),
  rlimits: z.array(z.string()),
  disk_limit: z.enum(['tmpfs-size', 'file-size-only']),
  proc: z.enum(['fresh', 'none', 'host']),
  nested_userns: z.enum(['off', 'on']),
  notes: z.array(z.string()),
})
export type IsolationInForce = z.infer<typeof IsolationInForce>

export const CommandOutcome = z.strictObject({
  name: z.string(),
  argv: z.array(z.string()),
  /** null when the host's own process was killed by a signal. */
  exit_code: z.int().nullable(),
  /** By the host, or from an exit code of 128 + n: a program that exits with 137 by itself looks the same as a killed one. */
  signal: z.string().nullable(),
  timed_out: z.boolean(),
  aborted: z.boolean(),
  /** The kernel's counter of the run's cgroup rose while the command ran; false where there is no memory cgroup. */
  oom_killed: z.boolean(),
  duration_ms: z.number(),
  stdout: Stream,
  stderr: Stream,
})
export type CommandOutcome = z.infer<typeof CommandOutcome>

export const FILE_PROBLEMS = ['missing', 'not-a-regular-file', 'too-large', 'unreadable'] as const

export const KeptFile = z.union([
  z.strictObject({ path: z.string(), sha256: z.string(), size: z.int() }),
  z.strictObject({ path: z.string(), problem: z.enum(FILE_PROBLEMS) }),
])
export type KeptFile = z.infer<typeof KeptFile>

/**
 * The evidence of one run. Exit codes, signals, times, sizes, digests and the isolation are `host_measured`: taken by the
 * host from outside the sandbox. The text of the streams and the content of kept files are what the code under test
 * wrote: `candidate_reported`. Times are RFC 3339 UTC by the host's clock, durations milliseconds by its monotonic one.
 */
export const Envelope = z.strictObject({
  schema: z.literal(ENVELOPE_SCHEMA),
  isolation: IsolationInForce,
  limits: z.strictObject({
    memory_mb: z.int(),
    pids: z.int(),
    disk_mb: z.int(),
    cpu_seconds: z.int().nullable(),
    cpus: z.number().nullable(),
    output_bytes: z.int(),
    /** Which of them the machine really enforces. */
    enforced: z.array(z.enum(['memory', 'pids', 'disk', 'cpu_seconds', 'cpus', 'output', 'time'])),
  }),
  commands: z.array(CommandOutcome),
  files: z.array(KeptFile),
  started_at: z.string(),
  finished_at: z.string(),
})
export type Envelope = z.infer<typeof Envelope>
