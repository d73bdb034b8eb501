import { NumberRangeError } from '../float64-wide.ts'
import { LimitError } from '../machine.ts'
import { stringAt, type Builtins } from './operand.ts'
import { RegoJson } from './rego-json.ts'
import { RegoModuleParser } from './rego-module.ts'

/** Rego read as data. OPA says `operand 1` of both operands. */
export const REGO: Builtins = {
  'rego.parse_module': (m, a, b) => {
    const filename = stringAt(a, 1)
    const source = stringAt(b, 1)
    try {
      return new RegoJson(m).module(new RegoModuleParser(m, source).module(), filename, source)
    } catch (error) {
      // Members of a set are compared, and some numbers are too large for that here.
      if (error instanceof NumberRangeError) throw new LimitError(error.message)
      throw error
    }
  },
}
