import { existsSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { Problem } from '@gatehouse/core/kernel/problems'
import { DEFAULT_LINT_CONFIG, readLintConfig, type LintConfig } from '@gatehouse/core/specs/lint/lint-config'

/** Where a project's configuration lies, beside its specifications; the first that is there counts. */
export const CONFIG_FILES = [join('.gatehouse', 'specs.yaml'), 'gatehouse-specs.yaml'] as const

/** The configuration of a root, or the one named; a wrong one is `spec-config-invalid` with its line. */
export function lintConfig(cwd: string, root: string, named: string | null): LintConfig {
  const file =
    named === null ? CONFIG_FILES.map((name) => join(root, name)).find((path) => existsSync(path)) : resolve(cwd, named)
  if (file === undefined) return DEFAULT_LINT_CONFIG
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new Problem(
      'spec-config-invalid',
      `${named ?? file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  const read = readLintConfig(text, relative(cwd, file) || file)
  if (!read.ok) throw new Problem(read.code, read.detail)
  return read.value
}
