import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { makeEmbeddedForge, type EmbeddedForge, type EmbeddedForgeOptions } from './embedded-forge.ts'

/** For tests only: a forge in a temporary folder, and a person's own repository beside it, driven by plain git. */
export interface Bench {
  folder: string
  source: string
  forge: EmbeddedForge
  /** Runs git as a person would, in `source` or another folder; returns stdout. */
  git(args: string[], options?: { cwd?: string; input?: Uint8Array; env?: Record<string, string> }): Buffer
  write(file: string, content: string | Uint8Array): void
  link(file: string, target: string): void
  commit(message: string): string
  close(): void
}

export const ID = 'rep_00000000000000000000000000000001'

export function makeBench(options: Partial<EmbeddedForgeOptions> = {}): Bench {
  const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-forge-'))
  const source = path.join(folder, 'source')
  mkdirSync(source)
  const bench: Bench = {
    folder,
    source,
    forge: makeEmbeddedForge({ folder: path.join(folder, 'forge'), ...options }),
    git: (args, o = {}) =>
      execFileSync('git', args, {
        cwd: o.cwd ?? source,
        input: o.input,
        stdio: ['pipe', 'pipe', 'pipe'],
        env: {
          PATH: process.env['PATH'],
          HOME: folder,
          LC_ALL: 'C',
          GIT_CONFIG_NOSYSTEM: '1',
          GIT_AUTHOR_NAME: 'Ada',
          GIT_AUTHOR_EMAIL: 'ada@example.org',
          GIT_COMMITTER_NAME: 'Ada',
          GIT_COMMITTER_EMAIL: 'ada@example.org',
          GIT_AUTHOR_DATE: '2026-01-02T03:04:05Z',
          GIT_COMMITTER_DATE: '2026-01-02T03:04:05Z',
          ...o.env,
        },
        maxBuffer: 1 << 28,
      }),
    write(file, content) {
      mkdirSync(path.dirname(path.join(source, file)), { recursive: true })
      writeFileSync(path.join(source, file), content)
    },
    link(file, target) {
      symlinkSync(target, path.join(source, file))
    },
    commit(message) {
      bench.git(['add', '-A'])
      bench.git(['commit', '-q', '--allow-empty', '-m', message])
      return bench.git(['rev-parse', 'HEAD']).toString().trim()
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
  bench.git(['init', '-q', '-b', 'main'])
  return bench
}

/** A bench whose source has one commit and stands in the forge under `ID`; also that commit. */
export async function makeStartedBench(
  files: Record<string, string | Uint8Array>,
  options: Partial<EmbeddedForgeOptions> = {},
): Promise<{ bench: Bench; base: string }> {
  const bench = makeBench(options)
  for (const [file, content] of Object.entries(files)) bench.write(file, content)
  const base = bench.commit('base')
  const made = await bench.forge.createRepository({ id: ID, source: { kind: 'path', path: bench.source } })
  if (!made.ok) throw new Error(`${made.code}: ${made.detail}`)
  return { bench, base }
}
