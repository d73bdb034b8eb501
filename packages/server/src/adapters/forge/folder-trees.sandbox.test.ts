import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ID, makeStartedBench, type Bench } from './forge-bench.ts'

let bench: Bench
let base: string
let folder: string
let trap: string
const sprung = (): boolean => existsSync(path.join(bench.folder, 'sprung'))

beforeAll(async () => {
  ;({ bench, base } = await makeStartedBench({
    'a.txt': 'one\r\ntwo\n',
    'bin/run': '#!/bin/sh\n',
    '.gitattributes': '* text=auto eol=lf\n*.id ident filter=evil\n',
    'x.id': '$Id$\n',
    '.gitignore': 'ignored/\n',
    '.git/info/attributes': '* -text -ident\n',
  }))
  trap = path.join(bench.folder, 'trap.sh')
  writeFileSync(trap, `#!/bin/sh\ntouch ${bench.folder}/sprung\ncat\n`)
  chmodSync(trap, 0o755)
})
afterAll(() => bench.close())
let count = 0
beforeEach(async () => {
  folder = path.join(bench.folder, `work-${(count += 1)}`)
  await bench.forge.checkOutTree(ID, { tree: base, folder })
})
const take = (extra = {}) => bench.forge.writeTreeFromFolder(ID, { baseTree: base, folder, ...extra })
const write = (file: string, content: string): void => {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
  writeFileSync(path.join(folder, file), content)
}

describe('files of a tree', () => {
  test('stand in a folder as they were committed, without .git and without conversions', async () => {
    expect(readdirSync(folder).sort()).toEqual(['.gitattributes', '.gitignore', 'a.txt', 'bin', 'x.id'])
    expect(readFileSync(path.join(folder, 'a.txt'), 'utf8')).toBe('one\r\ntwo\n')
    expect(readFileSync(path.join(folder, 'x.id'), 'utf8')).toBe('$Id$\n')
    expect(await take()).toEqual({ ok: true, value: { tree: (await bench.forge.resolveCommit(ID, base))?.tree } })
  })

  test('are not written over what a folder already holds', async () => {
    await expect(bench.forge.checkOutTree(ID, { tree: base, folder })).rejects.toMatchObject({ code: 'name-invalid' })
  })
})

describe('what a folder holds', () => {
  test('becomes a tree with additions, changes, deletions and modes, byte for byte', async () => {
    write('a.txt', 'one\r\nTWO\r\n')
    write('new/file.txt', 'new\n')
    write('ignored/junk', 'junk\n')
    rmSync(path.join(folder, 'x.id'))
    chmodSync(path.join(folder, 'bin/run'), 0o755)
    const taken = await take()
    if (!taken.ok) throw new Error(taken.detail)
    const diff = await bench.forge.diffTrees(ID, base, taken.value.tree)
    expect(diff.files.map((f) => `${f.status} ${f.path} ${f.new_mode}`)).toEqual([
      'modified a.txt 100644',
      'modified bin/run 100755',
      'added new/file.txt 100644',
      'deleted x.id null',
    ])
    const read = await bench.forge.readFile(ID, taken.value.tree, 'a.txt', 100)
    expect(read.ok && Buffer.from(read.value).toString()).toBe('one\r\nTWO\r\n')
  })

  test('runs nothing, whatever configuration an agent wrote there', async () => {
    mkdirSync(path.join(folder, '.git'))
    bench.git(['init', '-q', folder])
    for (const key of ['core.fsmonitor', 'filter.evil.clean', 'filter.evil.smudge', 'core.sshCommand'])
      bench.git(['config', key, trap], { cwd: folder })
    writeFileSync(path.join(folder, '.git/hooks/post-index-change'), readFileSync(trap), { mode: 0o755 })
    write('x.id', 'changed\n')
    expect(await take()).toMatchObject({ ok: true })
    expect(sprung()).toBe(false)
  })

  test('with a repository of its own inside is refused before git looks into it', async () => {
    mkdirSync(path.join(folder, 'sub'))
    bench.git(['init', '-q', path.join(folder, 'sub')])
    bench.git(['config', 'core.fsmonitor', trap], { cwd: path.join(folder, 'sub') })
    bench.git(['-c', 'core.fsmonitor=false', 'commit', '-q', '--allow-empty', '-m', 'x'], {
      cwd: path.join(folder, 'sub'),
    })
    expect(await take()).toMatchObject({ ok: false, code: 'tree-submodule' })
    expect(sprung()).toBe(false)
  })

  test('where the base has a submodule that the agent filled is refused before git asks that one its status', async () => {
    // The submodule stands exactly where the base says: only then does git go on to ask it for its own state.
    const sub = path.join(folder, 'sub')
    bench.git(['init', '-q', sub])
    bench.git(['commit', '-q', '--allow-empty', '-m', 'x'], { cwd: sub })
    const head = bench.git(['rev-parse', 'HEAD'], { cwd: sub }).toString().trim()
    bench.git(['config', 'core.fsmonitor', trap], { cwd: sub })
    const gitDir = bench.forge.repositoryFolder(ID)
    const env = { GIT_INDEX_FILE: path.join(bench.folder, 'index-with-submodule') }
    bench.git(['read-tree', base], { cwd: gitDir, env })
    bench.git(['update-index', '--add', '--cacheinfo', `160000,${head},sub`], { cwd: gitDir, env })
    const baseTree = bench.git(['write-tree'], { cwd: gitDir, env }).toString().trim()
    expect(await take({ baseTree })).toMatchObject({ ok: false, code: 'tree-submodule' })
    expect(sprung()).toBe(false)
  })

  test('with a link that leaves it is refused, and the file it points at is never read', async () => {
    symlinkSync('/etc/passwd', path.join(folder, 'passwords'))
    expect(await take()).toMatchObject({ ok: false, code: 'tree-symlink-unsafe' })
  })

  test('with paths that are not plain UTF-8 is refused', async () => {
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.from([0xe9])]), 'x')
    expect(await take()).toMatchObject({ ok: false, code: 'path-not-utf8' })
  })

  test('above the limits is refused, before its bytes are stored', async () => {
    for (let i = 0; i < 5; i += 1) write(`many/${i}`, 'x'.repeat(100))
    expect(await take({ limits: { max_files: 4, max_bytes: 1e6 } })).toMatchObject({
      ok: false,
      code: 'tree-too-large',
    })
    expect(await take({ limits: { max_files: 9, max_bytes: 499 } })).toMatchObject({
      ok: false,
      code: 'tree-too-large',
    })
    expect(await take({ limits: { max_files: 9, max_bytes: 500 } })).toMatchObject({ ok: true })
    expect(statSync(folder).isDirectory()).toBe(true)
  })
})
