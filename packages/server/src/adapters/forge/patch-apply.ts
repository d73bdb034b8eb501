import {
  DEFAULT_PATCH_LIMITS,
  type AppliedPatch,
  type ChangedFile,
  type PatchCode,
  type PatchLimits,
  type PatchRefusal,
} from './forge.ts'
import { GitError, type GitOutput } from './git-command.ts'
import { readEnvelope, stripPath, type PatchEnvelope, type PatchFile } from './patch-envelope.ts'
import { decodePath, hasUnprintable, unsafeLink, unsafePath } from './path-rules.ts'
import { needObject, withScratch, type Repository, type Scratch } from './repository-folder.ts'
import { diffTrees } from './tree-diff.ts'
import { readBlob } from './tree-reads.ts'

const MODES = new Set(['100644', '100755', '120000', '100664'])
const SUBMODULE = '160000'
const FILES_AT_THEIR_LARGEST = 8

type Applied = { ok: true; value: AppliedPatch } | PatchRefusal

function refusal(
  code: PatchCode,
  detail: string,
  file: string | null = null,
  line: number | null = null,
): PatchRefusal {
  return { ok: false, code, detail, file, line }
}

/**
 * Applies a stranger's patch to the tree of `base` (a commit or a tree, full object name) in an index of ours: no
 * working tree, no hook, no configuration but ours. Everything or nothing: objects are kept only when every rule held.
 * The rules are checked on the resulting tree; the patch's own text is read first only to say better what is wrong.
 */
export async function applyPatch(
  repository: Repository,
  request: { base: string; patch: Uint8Array; limits?: PatchLimits | undefined },
): Promise<Applied> {
  const limits = request.limits ?? DEFAULT_PATCH_LIMITS
  const baseTree = await needObject(repository, request.base, 'tree')
  const envelope = checkText(request.patch, limits)
  if (!envelope.ok) return envelope
  return withScratch(repository, async (scratch) => {
    await scratch.run({ args: ['read-tree', baseTree] })
    const failed = await runApply(scratch, request.patch, envelope.value, limits)
    if (failed !== null) return failed
    const resultTree = (await scratch.run({ args: ['write-tree'] })).stdout.toString('latin1').trim()
    if (resultTree === baseTree)
      return refusal('diff-empty', 'the patch changes nothing: the base already has all of it')
    const diff = await diffTrees(repository, baseTree, resultTree, scratch.objectFolder)
    const bad = await checkResult(repository, scratch, diff.files, limits)
    if (bad !== null) return bad
    await scratch.keep()
    return { ok: true, value: { base_tree: baseTree, result_tree: resultTree, diff, claimed: envelope.value.claimed } }
  })
}

function checkText(patch: Uint8Array, limits: PatchLimits): { ok: true; value: PatchEnvelope } | PatchRefusal {
  if (patch.length > limits.max_bytes) {
    return refusal('patch-too-large', `the patch has ${patch.length} bytes, ${limits.max_bytes} are allowed: split it`)
  }
  if (patch.every((b) => b === 0x20 || (b >= 0x09 && b <= 0x0d))) {
    return refusal('patch-empty', 'the patch is empty: send what `git diff` or `git format-patch --stdout` prints')
  }
  const read = readEnvelope(patch)
  if (!read.ok) return refusal('patch-malformed', `this is not a patch we can read: ${read.detail}`, null, read.line)
  const { files, strip } = read.value
  if (files.length > limits.max_files) {
    return refusal(
      'patch-too-large',
      `the patch touches ${files.length} files, ${limits.max_files} are allowed: split it`,
    )
  }
  for (const file of files) {
    const bad = checkHeader(file, strip, limits)
    if (bad !== null) return bad
  }
  return { ok: true, value: read.value }
}

function checkHeader(file: PatchFile, strip: 0 | 1, limits: PatchLimits): PatchRefusal | null {
  for (const name of [file.old_path, file.new_path]) {
    if (name === null) continue
    // An absolute name has nothing in front of its first slash to strip.
    const bad = checkPath(Buffer.from(name.startsWith('/') ? name : stripPath(name, strip), 'latin1'))
    if (bad !== null) return { ...bad, line: file.line }
  }
  const name = decodePath(Buffer.from(stripPath(file.new_path ?? file.old_path ?? '', strip), 'latin1')).path
  for (const mode of file.modes) {
    const bad = checkMode(mode, name)
    if (bad !== null) return { ...bad, line: file.line }
  }
  if (file.binary === 'no-data') {
    const detail = `"${name}" is binary and the patch does not carry its bytes: make it with \`git diff --binary\``
    return refusal('patch-binary-without-data', detail, name, file.line)
  }
  if (file.largest_part > limits.max_blob_bytes) {
    const detail = `"${name}" would have ${file.largest_part} bytes, ${limits.max_blob_bytes} are allowed in one file`
    return refusal('patch-too-large', detail, name, file.line)
  }
  return null
}

function checkPath(bytes: Uint8Array): PatchRefusal | null {
  const { path, utf8 } = decodePath(bytes)
  if (!utf8) return refusal('path-not-utf8', `the path "${path}" is not UTF-8: rename the file`, path)
  if (hasUnprintable(path)) {
    const shown = JSON.stringify(path).replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
    return refusal(
      'path-not-utf8',
      `the path ${shown} holds control or invisible characters: rename the file`,
      shown.slice(1, -1),
    )
  }
  const why = unsafePath(path)
  return why === null ? null : refusal('patch-path-unsafe', `"${path}" can not be written: ${why}`, path)
}

function checkMode(mode: string, path: string): PatchRefusal | null {
  if (mode === SUBMODULE) {
    return refusal('patch-submodule', `"${path}" is a submodule: a change may not add, move or remove one`, path)
  }
  if (!MODES.has(mode)) {
    const detail = `"${path}" has mode ${mode}: only 100644, 100755 and 120000 are allowed`
    return refusal('patch-mode-not-allowed', detail, path)
  }
  return null
}

async function runApply(
  scratch: Scratch,
  patch: Uint8Array,
  envelope: PatchEnvelope,
  limits: PatchLimits,
): Promise<PatchRefusal | null> {
  try {
    const output = await scratch.run({
      args: ['apply', '--cached', '--whitespace=nowarn', `-p${envelope.strip}`, '-'],
      stdin: patch,
      okCodes: [0, 1, 128],
      timeoutMs: 60_000,
      // A small delta can unpack to anything; git itself refuses one allocation above this.
      env: { GIT_ALLOC_LIMIT: String(Math.max(limits.max_blob_bytes, limits.max_bytes) * 2 + 16 * 1024 * 1024) },
    })
    return output.code === 0 ? null : explain(output, envelope)
  } catch (error) {
    if (!(error instanceof GitError)) throw error
    if (error.code === 'git-timeout')
      return refusal('patch-too-large', 'applying the patch takes longer than a minute: split it')
    // Some damaged patches make git fail an assertion of its own (seen with 2.39): the input is to blame.
    if (error.signal === 'SIGABRT' || error.signal === 'SIGSEGV') {
      return refusal('patch-malformed', 'git can not read this patch: its header contradicts itself')
    }
    throw error
  }
}

/** Git's own words (LC_ALL=C) as one of our codes. What we do not know is malformed, never accepted. */
function explain(output: GitOutput, envelope: PatchEnvelope): PatchRefusal {
  const text = output.stderr
  const first = (/^(?:error|fatal): (.*)$/m.exec(text)?.[1] ?? 'git could not apply it').slice(0, 300)
  const failed = /^error: patch failed: (.+):(\d+)$/m.exec(text)
  if (failed !== null) {
    const [file, line] = [failed[1] as string, Number(failed[2])]
    return refusal(
      'patch-does-not-apply',
      `"${file}" differs from what the patch expects at line ${line}: make it anew from the current base`,
      file,
      line,
    )
  }
  if (text.includes('attempting to allocate'))
    return refusal('patch-too-large', 'the patch unpacks to more bytes than one file may have')
  const path = /invalid path '(.+)'|^error: (?:affected file '(.+)' is beyond a symbolic link)/m.exec(text)
  if (path !== null) {
    const file = path[1] ?? path[2] ?? ''
    return refusal('patch-path-unsafe', `"${file}" can not be written: ${first}`, file)
  }
  const notThere =
    /^error: (.+): (?:does not exist in index|already exists in index|patch does not apply|does not match index|wrong type|has type .*)$/m.exec(
      text,
    ) ??
    /^error: (?:binary patch does not apply to|the patch applies to|binary patch to|cannot apply binary patch to) '(.+?)'/m.exec(
      text,
    ) ??
    /^error: (?:removal patch leaves file contents|new file (.+) depends on old contents|deleted file (.+) still has contents)/m.exec(
      text,
    )
  if (notThere !== null) {
    const file = notThere[1] ?? notThere[2] ?? envelope.files[0]?.new_path ?? null
    return refusal('patch-does-not-apply', `the patch does not fit the base: ${first}`, file)
  }
  const line = /at line (\d+)|\(line (\d+)\)/.exec(text)
  const at = line === null ? null : Number(line[1] ?? line[2])
  return refusal('patch-malformed', `git can not read this patch: ${first}`, null, at)
}

async function checkResult(
  repository: Repository,
  scratch: Scratch,
  files: readonly ChangedFile[],
  limits: PatchLimits,
): Promise<PatchRefusal | null> {
  if (files.length > limits.max_files) {
    return refusal(
      'patch-too-large',
      `the patch changes ${files.length} files, ${limits.max_files} are allowed: split it`,
    )
  }
  for (const file of files) {
    const bad = checkPath(file.path_bytes) ?? checkModes(file)
    if (bad !== null) return bad
  }
  const tooLarge = await checkSizes(scratch, files, limits)
  if (tooLarge !== null) return tooLarge
  for (const file of files) {
    if (file.new_mode !== '120000' || file.new_blob === null) continue
    const why = await linkProblem(repository, scratch, file.path, file.new_blob)
    if (why !== null)
      return refusal('patch-symlink-unsafe', `the symbolic link "${file.path}" is refused: ${why}`, file.path)
  }
  return null
}

function checkModes(file: ChangedFile): PatchRefusal | null {
  for (const mode of [file.old_mode, file.new_mode]) {
    const bad = mode === null ? null : checkMode(mode, file.path)
    if (bad !== null) return bad
  }
  return null
}

async function checkSizes(
  scratch: Scratch,
  files: readonly ChangedFile[],
  limits: PatchLimits,
): Promise<PatchRefusal | null> {
  const blobs = files.filter((f) => f.new_blob !== null)
  if (blobs.length === 0) return null
  const { stdout } = await scratch.run({
    args: ['cat-file', '--batch-check=%(objectsize)'],
    stdin: Buffer.from(blobs.map((f) => `${f.new_blob}\n`).join('')),
  })
  const sizes = stdout.toString('latin1').trim().split('\n').map(Number)
  for (const [i, file] of blobs.entries()) {
    const size = sizes[i] ?? Number.NaN
    if (!(size <= limits.max_blob_bytes)) {
      const detail = `"${file.path}" would have ${size} bytes, ${limits.max_blob_bytes} are allowed in one file`
      return refusal('patch-too-large', detail, file.path)
    }
  }
  // A few packed megabytes unpack to many gigabytes of zeros, which every layer made of the tree would hold.
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const most = limits.max_blob_bytes * FILES_AT_THEIR_LARGEST
  if (total > most) {
    return refusal(
      'patch-too-large',
      `the changed files would have ${total} bytes together, ${most} are allowed: split it`,
    )
  }
  return null
}

async function linkProblem(
  repository: Repository,
  scratch: Scratch,
  path: string,
  blob: string,
): Promise<string | null> {
  let bytes: Uint8Array
  try {
    bytes = await readBlob(repository, blob, 4096, scratch.objectFolder)
  } catch (error) {
    if (error instanceof GitError && error.code === 'git-output-too-large')
      return 'its target is longer than 4096 bytes'
    throw error
  }
  const target = decodePath(bytes)
  return target.utf8 ? unsafeLink(path, target.path) : 'its target is not UTF-8'
}
