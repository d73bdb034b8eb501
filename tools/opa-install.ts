import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { delimiter } from 'node:path'
import { findOpa, OPA_VERSION, opaCacheFolder } from './opa.ts'

/** Builds OPA from the Go module proxy into the cache folder, once. Needs Go; takes about two minutes. */
function install(): number {
  const found = findOpa()
  if (found.ok) {
    process.stdout.write(`OPA ${OPA_VERSION} is here: ${found.path}\n`)
    return 0
  }
  const folder = opaCacheFolder(process.env)
  mkdirSync(folder, { recursive: true })
  const path = `${process.env['PATH'] ?? ''}${delimiter}/usr/local/go/bin`
  const built = spawnSync('go', ['install', `github.com/open-policy-agent/opa@v${OPA_VERSION}`], {
    env: { ...process.env, PATH: path, GOBIN: folder },
    stdio: 'inherit',
  })
  if (built.error !== undefined) {
    process.stderr.write(
      `Go is not on the PATH (${built.error.message}). Install Go, or set GATEHOUSE_OPA to an OPA ${OPA_VERSION}.\n`,
    )
    return 1
  }
  if (built.status === 0) process.stdout.write(`OPA ${OPA_VERSION} is built: ${folder}\n`)
  return built.status ?? 1
}

process.exitCode = install()
