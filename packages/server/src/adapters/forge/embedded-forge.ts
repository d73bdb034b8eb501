import { mkdirSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Result } from '@gatehouse/core/kernel/result'
import { checkOutTree, writeTreeFromFolder, type FolderLimits, type FolderTreeCode } from './folder-trees.ts'
import { ForgeError, type Forge } from './forge.ts'
import { sweepForge } from './forge-sweep.ts'
import { makeGit, type GitRunner } from './git-command.ts'
import { serveGit, type GitHttpRequest, type GitHttpResponse } from './git-http.ts'
import { applyPatch } from './patch-apply.ts'
import { isBranchPattern, isRepositoryId } from './ref-names.ts'
import { needObject, openRepository, uniqueName } from './repository-folder.ts'
import { describeRepository, importRepository } from './repository-import.ts'
import type { UrlProtocol } from './repository-source.ts'
import { diffTrees } from './tree-diff.ts'
import { isAncestor, listBranches, listTree, needBranch, readFile, readRefName, resolveCommit } from './tree-reads.ts'
import { commitTree, dropRef, keepRef, mergeExactly, mergeTree, updateBranch } from './tree-writes.ts'

export interface EmbeddedForgeOptions {
  /** Below it, one bare repository each: `<id>.git`. */
  folder: string
  git?: GitRunner | undefined
  /** Exact names of branches that no push reaches; by default a repository's default branch. */
  protectedBranches?: readonly string[] | undefined
  urlProtocols?: readonly UrlProtocol[] | undefined
}

export interface EmbeddedForge extends Forge {
  readonly kind: 'embedded'
  repositoryFolder(id: string): string
  serve(id: string, request: GitHttpRequest): Promise<GitHttpResponse>
  checkOutTree(id: string, request: { tree: string; folder: string }): Promise<void>
  writeTreeFromFolder(
    id: string,
    request: { baseTree: string; folder: string; limits?: FolderLimits | undefined },
  ): Promise<Result<{ tree: string }, FolderTreeCode>>
  /** Removes what killed processes left behind, of all repositories; see `sweepForge`. */
  sweep(at: number): Promise<string[]>
}

/** The forge of bare repositories in a folder of ours. Several processes may hold one over the same folder. */
export function makeEmbeddedForge(options: EmbeddedForgeOptions): EmbeddedForge {
  const git = options.git ?? makeGit()
  const folder = path.resolve(options.folder)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const open = (id: string) => openRepository(git, folder, id)
  return {
    kind: 'embedded',
    createRepository: (request) =>
      importRepository(
        {
          git,
          folder,
          urlProtocols: options.urlProtocols ?? ['https', 'ssh'],
          protectedBranches: options.protectedBranches ?? null,
        },
        request,
      ),
    async removeRepository(id) {
      if (!isRepositoryId(id)) throw new ForgeError('name-invalid', `"${id}" is not a repository's id`)
      // Gone by one rename; what is slow happens out of sight.
      const away = path.join(folder, `.removed-${uniqueName()}`)
      try {
        await rename(path.join(folder, `${id}.git`), away)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
        throw error
      }
      await rm(away, { recursive: true, force: true })
    },
    describeRepository: async (id) => describeRepository(open(id), id),
    async listBranches(id, pattern = '**') {
      if (!isBranchPattern(pattern)) throw new ForgeError('name-invalid', `"${pattern}" is not a pattern of branches`)
      return listBranches(open(id), pattern)
    },
    readRef: async (id, branch) => readRefName(open(id), needBranch(branch)),
    resolveCommit: async (id, revision) => resolveCommit(open(id), revision),
    isAncestor: async (id, ancestor, descendant) => isAncestor(open(id), ancestor, descendant),
    readTree: async (id, treeish) => listTree(open(id), treeish, false),
    listFiles: async (id, treeish) => listTree(open(id), treeish, true),
    readFile: async (id, treeish, file, maxBytes) => readFile(open(id), treeish, file, maxBytes),
    async diffTrees(id, baseTree, resultTree) {
      const repository = open(id)
      return diffTrees(
        repository,
        await needObject(repository, baseTree, 'tree'),
        await needObject(repository, resultTree, 'tree'),
      )
    },
    applyPatch: async (id, request) => applyPatch(open(id), request),
    commitTree: async (id, request) => commitTree(open(id), request),
    mergeTree: async (id, request) => mergeTree(open(id), request),
    updateBranch: async (id, request) => updateBranch(open(id), request),
    mergeExactly: async (id, request) => mergeExactly(open(id), request),
    keepRef: async (id, name, commit) => keepRef(open(id), name, commit),
    dropRef: async (id, name) => dropRef(open(id), name),
    repositoryFolder: (id) => open(id).gitDir,
    serve: async (id, request) => serveGit(open(id).gitDir, request, git.program),
    checkOutTree: async (id, request) => checkOutTree(open(id), request),
    writeTreeFromFolder: async (id, request) => writeTreeFromFolder(open(id), request),
    sweep: (at) => sweepForge(folder, at),
  }
}
