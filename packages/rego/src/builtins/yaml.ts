import { BuiltinError } from '../machine.ts'
import { stringAt, type Builtins } from './operand.ts'
import { readYaml } from './yaml-reader.ts'
import { writeYaml } from './yaml-writer.ts'

export const YAML: Builtins = {
  'yaml.unmarshal': (m, a) => readYaml(m, stringAt(a, 1)),
  'yaml.marshal': (m, a) => writeYaml(m, a),
  'yaml.is_valid': (m, a) => {
    if (typeof a !== 'string') return false
    try {
      readYaml(m, a)
      return true
    } catch (error) {
      if (error instanceof BuiltinError) return false
      throw error
    }
  },
}
