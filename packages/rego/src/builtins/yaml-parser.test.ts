import { expect, test } from 'vitest'
import { BuiltinError, LimitError, Machine } from '../machine.ts'
import { jsonText } from '../value-json.ts'
import { readJsonAsYaml, readYaml } from './yaml-reader.ts'
import { writeYaml } from './yaml-writer.ts'

const m = (): Machine => new Machine({ fuel: 1e7, maxDepth: 256, strictBuiltinErrors: false })
const read = (text: string): string => jsonText(readYaml(m(), text))

/** What OPA 1.22.2 gives. */
test.for([
  ['b: \n|\n    t', '{"b":"t"}'],
  ['a: >\n  b\n  c\n\n  d\n   e\n  f\n', '{"a":"b c\\nd\\n e\\nf\\n"}'],
  ['a: |+2\n    x\n\n', '{"a":"  x\\n\\n"}'],
  ['- |-\n  x\n\n', '["x"]'],
  ['a: b\n  c\n\n  d # e\n', '{"a":"b c\\nd"}'],
  ['"a\\\n  b\n\n  c\\x41"', '"ab\\ncA"'],
  ["'it''s\n  b'", '"it\'s b"'],
  ['{a: [1, {b: c}], ? d : e, f}', '{"a":[1,{"b":"c"}],"d":"e","f":null}'],
  ['[a: b, "c": d]', '[{"a":"b"},{"c":"d"}]'],
  ['a:\n- 1\n-\n- - 2\n', '{"a":[1,null,[2]]}'],
  ['? - a\n: b', undefined],
  ['a: &x [1]\nb: *x', '{"a":[1],"b":[1]}'],
  ['&x a: *x', '{"a":"a"}'],
  ['%TAG !e! tag:yaml.org,2002:\n---\n!e!str 1', '"1"'],
  ['!<tag:yaml.org,2002:str> 1', '"1"'],
  ['!!binary YQ==', '"a"'],
  ['a\n---\nb\n...\n', '"a"'],
  ['a\n...\nb', undefined],
  ['a: 1\n b: 2', undefined],
  ['a: 1\n\tb: 2', undefined],
  ['a: b: c', undefined],
  ['[a', undefined],
  ['*x', undefined],
  ['"a', undefined],
  ['', 'null'],
])('the YAML %j is read as %s', ([text = '', wanted]) => {
  const run = (): string => read(text)
  if (wanted === undefined) expect(run).toThrow(BuiltinError)
  else expect(run()).toBe(wanted)
})

test('a key is at most 1024 characters from its colon, whatever they take in bytes', () => {
  expect(read(`${'😀'.repeat(1024)}: 1`)).toContain(':1}')
  expect(() => read(`${'😀'.repeat(1025)}: 1`)).toThrow(BuiltinError)
})

test('YAML that is nested deeper than we read is a limit, and no other answer than OPA gives', () => {
  expect(() => read('['.repeat(400) + ']'.repeat(400))).toThrow(LimitError)
  expect(() => read('- '.repeat(400))).toThrow(LimitError)
  // Of a later document nothing but its nesting counts.
  expect(() => read(`a\n---\n${'['.repeat(400)}${']'.repeat(400)}`)).toThrow(LimitError)
})

test('a text that is written as YAML is read back as it was', () => {
  for (const text of ['a\u2028b', 'a\n\u2028', '\n', '\n\n', ' a\n b\n', '\ufeffa', "it's\u2029x", '- a', 'a: b']) {
    const value = [text, text]
    expect(jsonText(readYaml(m(), writeYaml(m(), value)))).toBe(jsonText(value))
  }
})

test('JSON is read as YAML where both mean the same', () => {
  const text = '{"-":{"a":[1,2.5,null,true,"é\\\\\\"\\n"]},"b":{}}'
  expect(jsonText(readJsonAsYaml(m(), text))).toBe(text)
})
