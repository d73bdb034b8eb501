import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { delimiter } from 'node:path'
import { COSIGN_VERSION, cosignCacheFolder, findCosign } from './cosign.ts'

/** Builds cosign from the Go module proxy into the cache folder, once. Needs Go; takes about three minutes. */
function install(): number {
  const found = findCosign()
  if (found.ok) {
    process.stdout.write(`cosign ${COSIGN_VERSION} is here: ${found.path}\n`)
    return 0
  }
  const folder = cosignCacheFolder()
  mkdirSync(folder, { recursive: true })
  const path = `${process.env['PATH'] ?? ''}${delimiter}/usr/local/go/bin`
  const built = spawnSync('go', ['install', `github.com/sigstore/cosign/v3/cmd/cosign@v${COSIGN_VERSION}`], {
    env: { ...process.env, PATH: path, GOBIN: folder },
    stdio: 'inherit',
  })
  if (built.error !== undefined) {
    process.stderr.write(
      `Go is not on the PATH (${built.error.message}). Install Go, or set GATEHOUSE_COSIGN to a cosign ${COSIGN_VERSION}.\n`,
    )
    return 1
  }
  if (built.status === 0) process.stdout.write(`cosign ${COSIGN_VERSION} is built: ${folder}\n`)
  return built.status ?? 1
}

process.exitCode = install()
