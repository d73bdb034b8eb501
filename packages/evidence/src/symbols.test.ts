import { expect, test } from 'vitest'
import { bareSource, unfinishedLine, substanceOf } from './source-text.ts'
import { readSymbols, type FileSymbols } from './symbols.ts'

async function fileSymbols(path: string, text: string): Promise<FileSymbols> {
  const found = (await readSymbols([{ path, text }])).get(path)
  if (!found) throw new Error(`${path} was not read`)
  return found
}

async function how(path: string, text: string, ...names: string[]): Promise<Record<string, string | null>> {
  const symbols = await fileSymbols(path, text)
  return Object.fromEntries(
    names.map((name) => {
      const place = symbols.find(name)
      return [name, place ? `${place.how}:${place.line}` : null]
    }),
  )
}

test('TypeScript names are found by a parser: defined, used, in a string, in a comment', async () => {
  const text = [
    "import { other } from './other.ts'",
    '// onlyComment is promised',
    'export interface Shape { readonly width: number }',
    'export class House<T> { open(): void { other(T_LIMIT, "onlyString") } }',
    'const arrow = () => 1',
    '/* <div>commented</div> */',
  ].join('\n')
  expect(
    await how(
      'a.ts',
      text,
      'Shape',
      'width',
      'House',
      'House.open',
      'arrow',
      'other',
      'onlyString',
      'onlyComment',
      'commented',
      'no',
    ),
  ).toEqual({
    Shape: 'defined:3',
    width: 'defined:3',
    House: 'defined:4',
    'House.open': 'defined:4',
    arrow: 'defined:5',
    other: 'used:1',
    onlyString: 'string:4',
    onlyComment: 'comment:2',
    commented: 'comment:6',
    no: null,
  })
})

test('JSX is parsed, and a part of a longer word is no symbol', async () => {
  expect(
    await how('a.tsx', 'export const App = () => <Panel title="x" />\nconst AppShell = 1', 'App', 'Panel', 'Shell'),
  ).toEqual({
    App: 'defined:1',
    Panel: 'used:1',
    Shell: null,
  })
})

test('Python names are found by a parser', async () => {
  const text = [
    '"""login is promised here"""',
    'import os',
    'LIMIT = 3',
    'class Store(Base):',
    '    def get(self, key):',
    '        # evict comes later',
    "        return self.rows['column']",
    'async def fetch_all(): return 1',
  ].join('\n')
  expect(
    await how('a.py', text, 'login', 'LIMIT', 'Store', 'Store.get', 'Base', 'evict', 'column', 'fetch_all', 'rows'),
  ).toEqual({
    login: 'comment:1',
    LIMIT: 'defined:3',
    Store: 'defined:4',
    'Store.get': 'defined:5',
    Base: 'used:4',
    evict: 'comment:6',
    column: 'string:7',
    fetch_all: 'defined:8',
    rows: 'used:7',
  })
})

test('Go names are found by a parser', async () => {
  const text = [
    'package store',
    '// Evict is promised',
    'type Store struct { rows map[string]int }',
    'func (s *Store) Get(key string) int { x := s.rows[key]; return x }',
    'const Limit = 3',
    'func New() *Store { return &Store{} }',
  ].join('\n')
  expect(await how('a.go', text, 'Store', 'Get', 'Store.Get', 'Limit', 'New', 'Evict', 'rows', 'string')).toMatchObject(
    {
      Store: 'defined:3',
      Get: 'defined:4',
      'Store.Get': 'defined:4',
      Limit: 'defined:5',
      New: 'defined:6',
      Evict: 'comment:2',
      rows: 'defined:3',
    },
  )
})

test('other languages are read as words outside of comments and strings', async () => {
  const text = '// lib\nfn open_it() { let s = "closed_it"; } // drop_it\n'
  expect(await how('a.rs', text, 'open_it', 'closed_it', 'drop_it', 'open')).toEqual({
    open_it: 'text:2',
    closed_it: 'string:2',
    drop_it: 'comment:2',
    open: null,
  })
})

test('a file that does not parse is read as text, and never throws', async () => {
  for (const path of ['a.ts', 'a.py', 'a.go', 'a.rs', 'a.unknown'])
    for (const text of ['', '\0\0', ')))} class', 'def (((', '['.repeat(20_000), '/* never ends', '"""', "'"])
      expect((await fileSymbols(path, text)).find('absent')).toBeNull()
})

test('a file that is nested so deep that the parser dies is read as text, and the files beside it are parsed', async () => {
  const deep = '['.repeat(200_000)
  const files = [
    { path: 'a.ts', text: 'export const a = 1' },
    { path: 'deep.ts', text: `const here = 1; ${deep}` },
    { path: 'b.ts', text: 'export const b = 1' },
  ]
  const found = await readSymbols(files)
  expect(['a.ts', 'deep.ts', 'b.ts'].map((path) => found.get(path)?.by)).toEqual(['parsed', 'text', 'parsed'])
  expect(found.get('deep.ts')?.find('here')?.how).toBe('text')
  expect(found.get('b.ts')?.find('b')?.how).toBe('defined')
})

test('tests and those that are switched off are counted', async () => {
  const script =
    "test('a', f); it.skip('b', f); xit('c', f); describe.skip('d', () => { it('e', f) }); test.todo('g'); test.each([1])('h', f)"
  expect((await fileSymbols('a.test.ts', script)).tests).toEqual({ tests: 6, off: 4 })
  const python =
    '@pytest.mark.skip\ndef test_a(): go()\ndef test_b(): go()\n@unittest.skip("x")\nclass T:\n  def test_c(self): go()\ndef test_d(): pass\ndef helper(): pass'
  expect((await fileSymbols('test_a.py', python)).tests).toEqual({ tests: 4, off: 3 })
  const go =
    'package a\nfunc TestA(t *testing.T) { t.Skip("x") }\nfunc TestB(t *testing.T) { t.Log() }\nfunc helper() {}'
  expect((await fileSymbols('a_test.go', go)).tests).toEqual({ tests: 2, off: 1 })
})

test('what is defined and does nothing yet is told from what does something', async () => {
  const script = [
    'export function empty() {}',
    "export const later = () => { throw new Error('not implemented yet') }",
    'export class Bare { go() {} }',
    'export class Point { constructor(readonly x: number) {} }',
    'export class Lost extends Error {}',
    'export function over(a: string): void',
    'export function over(a: unknown) { return a }',
    'export interface Shape {}',
    'export function fails() { throw new Error("no such file") }',
  ].join('\n')
  expect(
    await how('a.ts', script, 'empty', 'later', 'Bare', 'Bare.go', 'Point', 'Lost', 'over', 'Shape', 'fails'),
  ).toEqual({
    empty: 'hollow:1',
    later: 'hollow:2',
    Bare: 'hollow:3',
    'Bare.go': 'hollow:3',
    Point: 'defined:4',
    Lost: 'defined:5',
    over: 'defined:6',
    Shape: 'defined:8',
    fails: 'defined:9',
  })
  const python = [
    'def a():',
    '  """later"""',
    'def b():',
    '  raise NotImplementedError("x")',
    'class C:',
    '  def run(self): ...',
    'class D(Exception): pass',
    '@abstractmethod',
    'def e(): ...',
    'def f():',
    '  raise ValueError("x")',
  ].join('\n')
  expect(await how('a.py', python, 'a', 'b', 'C', 'run', 'D', 'e', 'f')).toEqual({
    a: 'hollow:1',
    b: 'hollow:3',
    C: 'hollow:5',
    run: 'hollow:6',
    D: 'defined:7',
    e: 'defined:9',
    f: 'defined:10',
  })
  const go =
    'package a\nfunc A() {}\nfunc (s *S) B() { panic("not implemented") }\nfunc C() { panic("lost") }\ntype S struct{}'
  expect(await how('a.go', go, 'A', 'B', 'C', 'S')).toEqual({
    A: 'hollow:2',
    B: 'hollow:3',
    C: 'defined:4',
    S: 'defined:5',
  })
})

test('a file that only holds what does nothing is a stub; one that hands on, declares or does anything is none', async () => {
  const stub = async (path: string, text: string) => (await fileSymbols(path, text)).stub
  expect([
    await stub('a.ts', "import { x } from './x.ts'\nexport function a() {}\nexport default class {}"),
    await stub('a.ts', 'export {}'),
    await stub('a.py', '"""later"""\nimport os\ndef a(): pass'),
    await stub('a.go', 'package a\nimport "fmt"\nfunc A() {}'),
    await stub('a.ts', "export * from './x.ts'"),
    await stub('a.ts', "import './side-effect.ts'"),
    await stub('a.ts', 'export function a() {}\na()'),
    await stub('a.d.ts', 'export declare function a(): void'),
    await stub('a.py', 'from .x import y'),
    await stub('a.go', 'package a\nfunc A() {}\nvar B = 1'),
    await stub('a.rb', 'def a; end'),
  ]).toEqual([true, true, true, true, false, false, false, false, false, false, false])
})

test('blank files, and files of comments only, hold no code', () => {
  expect(substanceOf('a.ts', ' \n')).toBe('empty')
  expect(substanceOf('a.ts', '// login()\n/* more */')).toBe('comments')
  expect(substanceOf('a.py', '# login\n"""said"""\n')).toBe('comments')
  expect(substanceOf('a.py', 'x = """said"""\n')).toBe('code')
  expect(substanceOf('a.md', '<!-- x -->')).toBe('comments')
  expect(substanceOf('a.ts', "const s = '//'")).toBe('code')
  expect(substanceOf('a.bin', '#')).toBe('code')
})

test('form is not substance: blanks, comments, quotes and commas do not count', () => {
  expect(bareSource('a.ts', "const a = [\n  'x',\n  'y',\n]; // why")).toBe(bareSource('a.ts', 'const a = ["x", "y"]'))
  expect(bareSource('a.ts', 'const a = 1')).not.toBe(bareSource('a.ts', 'const a = 2'))
  expect(unfinishedLine('a.ts', 'a\n// TODO later')).toBe(2)
  expect(unfinishedLine('a.ts', "a\nthrow new Error('not implemented')")).toBe(2)
  expect(unfinishedLine('a.md', 'a\nTODO')).toBe(2)
  expect(unfinishedLine('a.ts', "const mark = /^(?:skip|todo)$/ + 'TODO'")).toBeNull()
  expect(unfinishedLine('a.ts', '// was not implemented before')).toBeNull()
})
