import type { Instant } from '@gatehouse/core/kernel/time'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { makeEmbeddedForge, type EmbeddedForge } from './embedded-forge.ts'
import { ID, makeStartedBench, type Bench } from './forge-bench.ts'

const author = { name: 'Gatehouse', email: 'gatehouse@example.org' }
const at = '2026-11-21T15:04:05.678Z' as Instant
let bench: Bench
let forge: EmbeddedForge
let base: string

beforeAll(async () => {
  ;({ bench, base } = await makeStartedBench({
    'a.txt': '1\n2\n3\n4\n5\n6\n7\n8\n9\n',
    'b.txt': 'b\n',
    'bin/tool': '#!/bin/sh\n',
  }))
  forge = bench.forge
})
afterAll(() => bench.close())
let branch = ''
let count = 0
beforeEach(async () => {
  branch = `work/${(count += 1)}`
  await forge.updateBranch(ID, { branch, from: null, to: base })
})

async function treeWith(line: number, text: string): Promise<string> {
  const from = '123456789'.split('').map((n) => `${n}\n`)
  const hunk = (n: number): string =>
    `--- a/a.txt\n+++ b/a.txt\n@@ -1,9 +1,9 @@\n${from.map((l, i) => (i === n - 1 ? `-${l}+${text}\n` : ` ${l}`)).join('')}`
  const applied = await forge.applyPatch(ID, { base, patch: Buffer.from(hunk(line)) })
  if (!applied.ok) throw new Error(applied.detail)
  return applied.value.result_tree
}
const merge = (tree: string, extra = {}) =>
  forge.mergeExactly(ID, { branch, base, tree, parents: [base], message: 'merge prp_1', author, at, ...extra })

describe('a commit', () => {
  test('is the same for the same request, whoever makes it, and as plain git reads it', async () => {
    const tree = await treeWith(1, 'one')
    const request = { tree, parents: [base], message: 'change\n\nbody', author, at }
    const commit = await forge.commitTree(ID, request)
    expect(await makeEmbeddedForge({ folder: `${bench.folder}/forge` }).commitTree(ID, request)).toBe(commit)
    expect(await forge.commitTree(ID, { ...request, message: 'change\n\nbody!' })).not.toBe(commit)
    expect(await forge.resolveCommit(ID, commit)).toEqual({
      commit,
      tree,
      parents: [base],
      message: 'change\n\nbody\n',
      author,
      authored_at: '2026-11-21T15:04:05.000Z',
    })
    expect(bench.git(['fsck', '--strict'], { cwd: forge.repositoryFolder(ID) }).toString()).not.toContain('error')
  })

  test('with a forged identity, a missing tree or a missing parent is refused', async () => {
    const { tree = '' } = (await forge.resolveCommit(ID, base)) ?? {}
    const request = { tree, parents: [base], message: 'm', author, at }
    for (const name of ['a\nparent x', 'a <x@y>', '']) {
      await expect(forge.commitTree(ID, { ...request, author: { name, email: 'a@b' } })).rejects.toMatchObject({
        code: 'name-invalid',
      })
    }
    await expect(forge.commitTree(ID, { ...request, tree: base })).rejects.toMatchObject({ code: 'object-not-found' })
    await expect(forge.commitTree(ID, { ...request, parents: ['1'.repeat(40)] })).rejects.toMatchObject({
      code: 'object-not-found',
    })
    await expect(forge.commitTree(ID, { ...request, parents: ['main'] })).rejects.toMatchObject({
      code: 'name-invalid',
    })
  })
})

describe('a branch', () => {
  test('moves only from where it was expected, and the refusal says where it is', async () => {
    const commit = await forge.commitTree(ID, {
      tree: await treeWith(2, 'two'),
      parents: [base],
      message: 'm',
      author,
      at,
    })
    expect(await forge.updateBranch(ID, { branch, from: commit, to: commit })).toMatchObject({
      ok: false,
      code: 'branch-moved',
      current: base,
    })
    expect(await forge.updateBranch(ID, { branch, from: null, to: commit })).toMatchObject({ ok: false, current: base })
    expect(await forge.updateBranch(ID, { branch: 'not/there', from: base, to: commit })).toMatchObject({
      ok: false,
      current: null,
    })
    expect(await forge.updateBranch(ID, { branch, from: base, to: commit })).toEqual({ ok: true, value: { commit } })
  })

  test('moved by ten at once takes one', async () => {
    const commits = await Promise.all(
      Array.from({ length: 10 }, async (_, i) =>
        forge.commitTree(ID, { tree: await treeWith(3, `x${i}`), parents: [base], message: 'm', author, at }),
      ),
    )
    const results = await Promise.all(commits.map((to) => forge.updateBranch(ID, { branch, from: base, to })))
    const won = results.flatMap((r) => (r.ok ? [r.value.commit] : []))
    expect(won).toEqual([await forge.readRef(ID, branch)])
  })

  test('with a name that git would read otherwise is refused', async () => {
    for (const name of ['../x', '-d', 'a..b', 'refs/heads/main', 'x.lock']) {
      await expect(forge.updateBranch(ID, { branch: name, from: null, to: base })).rejects.toMatchObject({
        code: 'name-invalid',
      })
    }
  })
})

describe('an exact merge', () => {
  test('happens once: again it is already there, also after others merged upon it', async () => {
    const tree = await treeWith(4, 'four')
    const first = await merge(tree)
    expect(first).toMatchObject({ state: 'effected', current: first.commit })
    expect(await merge(tree)).toEqual({ state: 'already', commit: first.commit, current: first.commit })
    const next = await merge(await treeWith(5, 'five'), { base: first.commit, parents: [first.commit] })
    expect(next.state).toBe('effected')
    expect(await merge(tree)).toEqual({ state: 'already', commit: first.commit, current: next.commit })
    expect((await forge.resolveCommit(ID, first.commit))?.tree).toBe(tree)
  })

  test('by ten at once is effected by one, and every other says already', async () => {
    const tree = await treeWith(6, 'six')
    const states = (await Promise.all(Array.from({ length: 10 }, () => merge(tree)))).map((r) => r.state)
    expect(states.filter((s) => s === 'effected')).toHaveLength(1)
    expect(states.filter((s) => s === 'already')).toHaveLength(9)
  })

  test('on a moved branch is refused, and nothing moves', async () => {
    const moved = await forge.commitTree(ID, {
      tree: await treeWith(7, 'seven'),
      parents: [base],
      message: 'm',
      author,
      at,
    })
    await forge.updateBranch(ID, { branch, from: base, to: moved })
    expect(await merge(await treeWith(8, 'eight'))).toMatchObject({ state: 'refused', current: moved })
    expect(await forge.readRef(ID, branch)).toBe(moved)
  })

  test('has its base among its parents: history is never dropped', async () => {
    await expect(merge(await treeWith(1, 'y'), { parents: [] })).rejects.toMatchObject({ code: 'name-invalid' })
  })
})

describe('a merge of trees', () => {
  test('is clean where the changes are apart, and names the files where they are not', async () => {
    const [ours, theirs, clash] = [await treeWith(1, 'ours'), await treeWith(9, 'theirs'), await treeWith(1, 'clash')]
    const clean = await forge.mergeTree(ID, { base, ours, theirs })
    if (!clean.clean) throw new Error('conflict')
    const read = await forge.readFile(ID, clean.tree, 'a.txt', 100)
    expect(read.ok && Buffer.from(read.value).toString()).toBe('ours\n2\n3\n4\n5\n6\n7\n8\ntheirs\n')
    expect(await forge.mergeTree(ID, { base, ours, theirs: clash })).toEqual({ clean: false, conflicts: ['a.txt'] })
  })
})

describe('reading', () => {
  test('lists a level, or all files, with modes and sizes', async () => {
    expect((await forge.readTree(ID, base)).map((e) => `${e.mode} ${e.type} ${e.path}`)).toEqual([
      '100644 blob a.txt',
      '100644 blob b.txt',
      '040000 tree bin',
    ])
    expect((await forge.listFiles(ID, branch)).map((e) => `${e.path} ${e.size}`)).toEqual([
      'a.txt 18',
      'b.txt 2',
      'bin/tool 10',
    ])
  })

  test('gives regular files only, within a size, and never follows a revision syntax', async () => {
    expect(await forge.readFile(ID, base, 'b.txt', 1)).toMatchObject({ code: 'file-too-large' })
    expect(await forge.readFile(ID, base, 'bin', 100)).toMatchObject({ code: 'file-not-regular' })
    for (const name of ['nope', 'bin/../b.txt', '/b.txt', 'b.txt/x', '', 'HEAD:b.txt']) {
      expect(await forge.readFile(ID, base, name, 100)).toMatchObject({ ok: false, code: 'file-not-found' })
    }
    expect(await forge.resolveCommit(ID, 'main')).toMatchObject({ commit: base })
    for (const name of ['main~1', 'main^{tree}', '@{1}'])
      await expect(forge.resolveCommit(ID, name)).rejects.toMatchObject({ code: 'name-invalid' })
    expect(await forge.resolveCommit(ID, '1'.repeat(40))).toBeNull()
  })

  test('knows paths that are not UTF-8', async () => {
    const blob = bench
      .git(['hash-object', '-w', '--stdin'], { cwd: forge.repositoryFolder(ID), input: Buffer.from('x') })
      .toString()
      .trim()
    const tree = bench
      .git(['mktree', '-z'], {
        cwd: forge.repositoryFolder(ID),
        input: Buffer.from(`100644 blob ${blob}\tcaf\u00e9\0`, 'latin1'),
      })
      .toString()
      .trim()
    expect(await forge.listFiles(ID, tree)).toMatchObject([
      { path: 'caf\\xe9', utf8: false, path_bytes: Uint8Array.from([99, 97, 102, 0xe9]) },
    ])
    const empty = bench
      .git(['mktree'], { cwd: forge.repositoryFolder(ID), input: Buffer.from('') })
      .toString()
      .trim()
    expect((await forge.diffTrees(ID, empty, tree)).files).toMatchObject([
      { path: 'caf\\xe9', utf8: false, status: 'added' },
    ])
  })
})

test('a kept commit survives pruning, and may go when it is dropped', async () => {
  const commit = await forge.commitTree(ID, {
    tree: await treeWith(2, 'kept'),
    parents: [base],
    message: 'kept',
    author,
    at,
  })
  await forge.keepRef(ID, 'proposals/prp_9', commit)
  await forge.keepRef(ID, 'proposals/prp_9', commit)
  bench.git(['prune', '--expire=now'], { cwd: forge.repositoryFolder(ID) })
  expect(await forge.resolveCommit(ID, commit)).not.toBeNull()
  await forge.dropRef(ID, 'proposals/prp_9')
  await forge.dropRef(ID, 'proposals/prp_9')
  bench.git(['prune', '--expire=now'], { cwd: forge.repositoryFolder(ID) })
  expect(await forge.resolveCommit(ID, commit)).toBeNull()
})
