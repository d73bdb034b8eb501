import { z } from 'zod'

const insidePath = z
  .string()
  .regex(/^\/[^\0]*$/, 'must be an absolute path')
  .refine(
    (path) => !path.split('/').includes('..') && !/\/\.?(?:\/|$)/.test(path),
    'must have no empty, "." or ".." part',
  )

const place = insidePath.refine(
  (path) => !/^\/(?:usr|etc|proc|dev|bin|sbin|lib\d*|libx32|tmp|workspace|home)(?:\/|$)/.test(path),
  'must not lie in a system folder, /tmp, /home or /workspace: use /agent/...',
)

const relativePath = z
  .string()
  .min(1)
  .refine(
    (path) => !path.startsWith('/') && !path.split('/').includes('..') && !path.includes('\0'),
    'must stay in the workspace',
  )

export const SandboxCommand = z.strictObject({
  name: z.string().min(1).max(200),
  argv: z
    .array(z.string().refine((text) => !text.includes('\0'), 'must hold no NUL'))
    .min(1)
    .max(1_000),
  /** Wall time in milliseconds. */
  timeout_ms: z.int().min(1).max(86_400_000),
  /** A folder of the workspace; the workspace itself when left out. */
  cwd: relativePath.optional(),
})
export type SandboxCommand = z.infer<typeof SandboxCommand>

export const SandboxLimits = z.strictObject({
  memory_mb: z.int().min(16).max(1_048_576),
  pids: z.int().min(4).max(100_000),
  /** Of workspace, home, /tmp and /dev/shm together. It is memory (tmpfs) where a namespace is had. */
  disk_mb: z.int().min(1).max(1_048_576),
  cpu_seconds: z.int().min(1).max(86_400).optional(),
  cpus: z.number().min(0.01).max(1_024).optional(),
  /** Kept of each stream of each command. */
  output_bytes: z
    .int()
    .min(16)
    .max(64 * 1_048_576),
})
export type SandboxLimits = z.infer<typeof SandboxLimits>

/** What a run is asked to do. Paths of the host are the caller's own, never the agent's. */
export const SandboxRequest = z.strictObject({
  workspace: z.strictObject({
    /** Host folder of the base layer (see base-layer.ts): never written to. */
    base: z.string().min(1),
    /** Host folder of a frozen candidate layer, above the base. */
    candidate: z.string().min(1).optional(),
  }),
  placed: z
    .array(
      z.strictObject({
        path: place,
        content: z.union([z.string(), z.instanceof(Uint8Array)]),
        executable: z.boolean().optional(),
      }),
    )
    .max(1_000)
    .optional(),
  /** Read-only tools or dependency folders of the host shown inside. */
  tools: z
    .array(z.strictObject({ source: z.string().min(1), target: place }))
    .max(100)
    .optional(),
  env: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
      z.string().refine((text) => !text.includes('\0')),
    )
    .optional(),
  commands: z.array(SandboxCommand).max(100),
  limits: SandboxLimits,
  /** Paths in the workspace to read out afterwards. */
  keep: z
    .array(
      z.strictObject({
        path: relativePath,
        max_bytes: z
          .int()
          .min(1)
          .max(256 * 1_048_576),
      }),
    )
    .max(100)
    .optional(),
  /** Read the resulting tree into this trusted bare repository, as changes against this tree or commit of it. */
  collect: z
    .strictObject({
      git_dir: z.string().min(1),
      base_tree: z.string().regex(/^[0-9a-f]{40,64}$/),
      max_files: z.int().min(1).optional(),
      max_bytes: z.int().min(1).optional(),
    })
    .optional(),
  continue_on_failure: z.boolean().optional(),
  /** `required` (the default) refuses a machine that grants no isolation; `none-allowed` runs plain limited processes there. */
  isolation: z.enum(['required', 'none-allowed']).optional(),
  /** For tests and operators: this driver, or nothing. */
  driver: z.enum(['bubblewrap', 'util-linux', 'none']).optional(),
})
export type SandboxRequest = z.infer<typeof SandboxRequest>
