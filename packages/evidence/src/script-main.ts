/** The process that parses scripts: one JSON document a line in, `{path, text}`; one a line out, the names or null. Ends with its input. */
import { createInterface } from 'node:readline'
import { scriptNames } from './script-names.ts'

for await (const line of createInterface({ input: process.stdin })) {
  const { path, text } = JSON.parse(line) as { path: string; text: string }
  const names = read(path, text)
  const told = names && {
    ...names,
    defined: [...names.defined],
    used: [...names.used],
    hollow: [...names.hollow],
  }
  process.stdout.write(`${JSON.stringify(told)}\n`)
}

function read(path: string, text: string): ReturnType<typeof scriptNames> {
  try {
    return scriptNames(path, text)
  } catch {
    return null
  }
}
