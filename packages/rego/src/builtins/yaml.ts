import { BuiltinError } from '../machine.ts'
import { jsonText } from '../value-json.ts'
import { marshalled } from './encoding.ts'
import { stringAt, type Builtins } from './operand.ts'
import { readJsonAsYaml, readYaml } from './yaml-reader.ts'
import { writeYaml } from './yaml-writer.ts'

/** Where JSON is other YAML: NEL ends a line there, stray bytes are characters, and a key is at most 1024 characters long. */
function isChangedByYaml(json: string): boolean {
  return (
    json.includes('\u0085') || json.includes('\\ufffd') || (json.length > 1024 && /"(?:[^"\\]|\\.){500,}":/.test(json))
  )
}

export const YAML: Builtins = {
  'yaml.unmarshal': (m, a) => readYaml(m, stringAt(a, 1)),
  'yaml.marshal': (m, a) => {
    const text = marshalled(() => jsonText(a))
    m.spendText(text.length)
    return writeYaml(m, isChangedByYaml(text) ? readJsonAsYaml(m, text) : a)
  },
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
