import type { Instant } from '@gatehouse/core/kernel/time'
import type { Refusal, Result } from '@gatehouse/core/kernel/result'

/** Object names are 40 hexadecimal characters. Branches are short names: `main`, `task/tsk_...`. */

export interface Signature {
  name: string
  email: string
}

export type RepositorySource = { kind: 'path'; path: string } | { kind: 'url'; url: string }

export interface Branch {
  name: string
  commit: string
}

export interface RepositoryFacts {
  id: string
  default_branch: string
  head_commit: string
  branches: Branch[]
  /** Of the objects on disk. */
  size_bytes: number
  /** Some `.gitattributes` at the root names the LFS filter: large files are pointers here. */
  uses_lfs: boolean
  has_submodules: boolean
  /** History before some commits is not there. */
  shallow: boolean
}

export interface CommitFacts {
  commit: string
  tree: string
  parents: string[]
  message: string
  author: Signature
  authored_at: Instant
}

export interface TreeEntry {
  /** `100644`, `100755`, `120000` (link), `040000` (folder), `160000` (submodule). */
  mode: string
  type: 'blob' | 'tree' | 'commit'
  object: string
  /** For people: escaped where the bytes are not UTF-8. */
  path: string
  path_bytes: Uint8Array
  utf8: boolean
  /** Bytes of a blob, else null. */
  size: number | null
}

export type FileStatus = 'added' | 'modified' | 'deleted' | 'typechange'

export interface ChangedFile {
  path: string
  path_bytes: Uint8Array
  utf8: boolean
  status: FileStatus
  old_mode: string | null
  new_mode: string | null
  old_blob: string | null
  new_blob: string | null
  binary: boolean
  /** Lines; null where the file is binary. */
  additions: number | null
  deletions: number | null
}

export interface TreeDiff {
  /** The same two trees give the same bytes, on every machine. */
  bytes: Uint8Array
  files: ChangedFile[]
  additions: number
  deletions: number
}

export interface PatchLimits {
  max_bytes: number
  max_files: number
  /** Of one file after the patch. */
  max_blob_bytes: number
}

export const DEFAULT_PATCH_LIMITS: PatchLimits = {
  max_bytes: 8 * 1024 * 1024,
  max_files: 2_000,
  max_blob_bytes: 32 * 1024 * 1024,
}

/** What a patch says about itself. A stranger's words: shown, never used as an identity. */
export interface PatchClaims {
  author: string | null
  subject: string | null
  trailers: { key: string; value: string }[]
}

export interface AppliedPatch {
  base_tree: string
  result_tree: string
  diff: TreeDiff
  claimed: PatchClaims
}

export type PatchCode =
  | 'patch-empty'
  | 'patch-malformed'
  | 'patch-too-large'
  | 'patch-does-not-apply'
  | 'patch-binary-without-data'
  | 'patch-path-unsafe'
  | 'patch-symlink-unsafe'
  | 'patch-submodule'
  | 'patch-mode-not-allowed'
  | 'path-not-utf8'
  | 'diff-empty'

export interface PatchRefusal extends Refusal<PatchCode> {
  /** The file of the repository it is about, where one is known. */
  file: string | null
  /** The line: of that file for `patch-does-not-apply`, of the patch for `patch-malformed`. */
  line: number | null
}

export type CreateCode =
  | 'repository-empty'
  | 'repository-exists'
  | 'repository-source-not-found'
  | 'repository-source-unreadable'
  | 'repository-unreachable'
  | 'repository-too-large'
  | 'repository-format-unsupported'
  | 'credentials-in-url'
  | 'url-not-allowed'

export type ReadFileCode = 'file-not-found' | 'file-not-regular' | 'file-too-large'

export type MergedTree = { clean: true; tree: string } | { clean: false; conflicts: string[] }

export type BranchUpdate =
  | { ok: true; value: { commit: string } }
  | (Refusal<'branch-moved'> & { current: string | null })

export type ExactMerge =
  | { state: 'effected' | 'already'; commit: string; current: string }
  | { state: 'refused'; commit: string; current: string | null }

/** A mistake of the caller: a name or object that is not one of ours. */
export class ForgeError extends Error {
  readonly code: 'repository-not-found' | 'object-not-found' | 'name-invalid'

  constructor(code: ForgeError['code'], message: string) {
    super(message)
    this.name = 'ForgeError'
    this.code = code
  }
}

/** Where the git repository lives. Every method throws ForgeError for names that are not ours, GitError where git broke. */
export interface Forge {
  readonly kind: 'embedded' | 'github' | 'gitlab'
  /** All or nothing: a refused or broken import leaves no repository behind. */
  createRepository(request: {
    id: string
    source: RepositorySource
    max_bytes?: number | undefined
    signal?: AbortSignal | undefined
  }): Promise<Result<RepositoryFacts, CreateCode>>
  /** Idempotent. */
  removeRepository(id: string): Promise<void>
  describeRepository(id: string): Promise<RepositoryFacts>
  listBranches(id: string, pattern?: string): Promise<Branch[]>
  /** The commit a branch stands at, or null. */
  readRef(id: string, branch: string): Promise<string | null>
  /** By full object name or branch name; nothing else is understood. */
  resolveCommit(id: string, revision: string): Promise<CommitFacts | null>
  isAncestor(id: string, ancestor: string, descendant: string): Promise<boolean>
  /** One level of a tree or commit. */
  readTree(id: string, treeish: string): Promise<TreeEntry[]>
  /** Everything below a tree or commit that is not a folder. */
  listFiles(id: string, treeish: string): Promise<TreeEntry[]>
  /** Regular files only: a link is not followed. */
  readFile(id: string, treeish: string, path: string, maxBytes: number): Promise<Result<Uint8Array, ReadFileCode>>
  diffTrees(id: string, baseTree: string, resultTree: string): Promise<TreeDiff>
  /** Applies a stranger's patch to a commit or tree, in a quarantine; nothing is kept of a refused one. */
  applyPatch(
    id: string,
    request: { base: string; patch: Uint8Array; limits?: PatchLimits | undefined },
  ): Promise<{ ok: true; value: AppliedPatch } | PatchRefusal>
  /** Deterministic: the same input gives the same commit. Times are whole seconds, UTC. */
  commitTree(
    id: string,
    request: {
      tree: string
      parents: string[]
      message: string
      author: Signature
      at: Instant
      committer?: Signature | undefined
    },
  ): Promise<string>
  /** Three-way merge of trees or commits, without renames. */
  mergeTree(id: string, request: { base: string; ours: string; theirs: string }): Promise<MergedTree>
  /** Compare and swap; `from: null` means the branch must not exist. */
  updateBranch(id: string, request: { branch: string; from: string | null; to: string }): Promise<BranchUpdate>
  /** Idempotent: a branch that already is at, or contains, the very commit this merge makes answers `already`. */
  mergeExactly(
    id: string,
    request: {
      branch: string
      base: string
      tree: string
      parents: string[]
      message: string
      author: Signature
      at: Instant
    },
  ): Promise<ExactMerge>
  /** Keeps a commit from being collected, under `refs/gatehouse/<name>`, which no fetch sees. */
  keepRef(id: string, name: string, commit: string): Promise<void>
  /** Idempotent. */
  dropRef(id: string, name: string): Promise<void>
}
