import { readFileSync, realpathSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'
import { topFolder } from '@gatehouse/evidence/git-history'
import { EvidenceGitError } from '@gatehouse/evidence/git-run'
import { projectEvidence, type ProjectEvidence } from '@gatehouse/evidence/project-evidence'
import { readReports, type TestResults } from '@gatehouse/evidence/test-results'
import { innerPath, isWithin, shownFrom } from './served-folder.ts'
import { ToolRefusal } from './tool-refusal.ts'
import type { WorkNote } from './work-order.ts'
import { commonFolder, isAtOrBelow } from './work-scope.ts'

const MAX_REPORT = 32 * 1024 * 1024

export interface Ground {
  /** The top of the checkout from the served folder: paths of evidence begin there. */
  readonly folder: string
  /** Only of tasks at or below what was asked about. */
  readonly evidence: ProjectEvidence
}

/**
 * Evidence for the tasks at or below some paths, from the served folder. The checkout has to lie in the served folder whole: its history tells of
 * all of it. `repository-outside` where it does not.
 */
export async function evidenceGround(
  root: string,
  targets: readonly string[],
  junit: readonly string[] | undefined,
  note: (note: WorkNote) => void,
): Promise<Ground> {
  const results = reportsOf(root, junit ?? [])
  const folder = commonFolder(targets.map((target) => folderOf(root, target)))
  const at = join(root, folder)
  const top = await checkoutOf(root, at)
  const evidence = await told(() =>
    projectEvidence(at, results, ({ done, total, step }) => note({ text: step, done, total })),
  )
  if (!isWithin(root, evidence.top)) throw new Error(`evidence was read in ${evidence.top}, outside of ${root}`)
  const within = (path: string) => targets.some((target) => isAtOrBelow(posix.join(top, path), target))
  return {
    folder: top,
    evidence: {
      ...evidence,
      features: evidence.features.flatMap((feature) => {
        const tasks = feature.tasks.filter(({ path }) => within(path))
        return tasks.length === 0 ? [] : [{ ...feature, tasks }]
      }),
    },
  }
}

/** The folder that a path names, or the one that holds the file. */
function folderOf(root: string, path: string): string {
  if (statSync(join(root, path)).isDirectory()) return path
  const folder = posix.dirname(path)
  return folder === '.' ? '' : folder
}

/** Where the checkout of a folder begins, from the served folder; the folder itself where there is none. */
export async function checkoutOf(root: string, at: string): Promise<string> {
  const top = await told(async () => {
    try {
      return realpathSync(await topFolder(at))
    } catch (error) {
      if (error instanceof EvidenceGitError && error.code === 'git-not-a-repository') return at
      throw error
    }
  })
  if (isWithin(root, top)) return shownFrom(root, top)
  throw new ToolRefusal(
    'repository-outside',
    `the checkout begins at ${top}, outside of the folder that is served, and evidence reads the history of all of it. A person has to start the server there: gatehouse spec mcp <folder>. spec_lint works without`,
  )
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof EvidenceGitError) throw new ToolRefusal(error.code, error.message)
    throw error
  }
}

function reportsOf(root: string, junit: readonly string[]): TestResults {
  const reports = junit.map((given, i) => {
    const field = `junit[${i}]`
    const name = innerPath(root, field, given)
    const file = join(root, name)
    const stat = statSync(file)
    if (!stat.isFile()) throw new ToolRefusal('report-invalid', `${field}: it is no file. Name a report in JUnit's XML`)
    if (stat.size > MAX_REPORT)
      throw new ToolRefusal('report-invalid', `${field}: it has ${stat.size} bytes; at most ${MAX_REPORT} are read`)
    return { name, bytes: readFileSync(file) }
  })
  const read = readReports(reports)
  if (!read.ok) throw new ToolRefusal('report-invalid', `junit: ${read.detail}. Name reports in JUnit's XML`)
  return read.results
}
