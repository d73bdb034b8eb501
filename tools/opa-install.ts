import { installGoProgram } from './go-program.ts'
import { OPA } from './opa.ts'

// About two minutes from cold.
process.exitCode = installGoProgram(OPA)
