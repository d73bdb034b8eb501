import { COSIGN } from './cosign.ts'
import { installGoProgram } from './go-program.ts'

// About three minutes from cold.
process.exitCode = installGoProgram(COSIGN)
