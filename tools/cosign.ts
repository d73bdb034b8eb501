import type { FoundProgram } from './found-program.ts'
import { findGoProgram, type GoProgram } from './go-program.ts'

/** The cosign that the tests of signatures are held to. */
export const COSIGN: GoProgram = {
  name: 'cosign',
  title: 'cosign',
  version: '3.1.3',
  module: 'github.com/sigstore/cosign/v3/cmd/cosign',
  setting: 'GATEHOUSE_COSIGN',
  says: /GitVersion:\s+v?(\S+)/,
  installer: 'tools/cosign-install.ts',
}

export const COSIGN_VERSION = COSIGN.version

/** cosign of the right version: the setting GATEHOUSE_COSIGN, else the PATH, else the cache folder. */
export function findCosign(env: NodeJS.ProcessEnv = process.env): FoundProgram {
  return findGoProgram(COSIGN, env)
}
