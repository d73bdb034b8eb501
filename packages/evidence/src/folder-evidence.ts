import type { EvidenceLine, TaskJudgement } from '@gatehouse/core/specs/evidence'
import type { PlacedClaim } from './file-facts.ts'

const NAMED = 3

/**
 * The judgement with what is known of the folders that a task names, in words: which files below them the task's own commits changed, and that it is
 * less than a file would be.
 */
export function withFolders(
  judgement: TaskJudgement,
  changed: ReadonlyMap<PlacedClaim, readonly string[]>,
): TaskJudgement {
  const folders = [...changed].filter(([{ found, own }]) => found.folder && own !== null)
  if (folders.length === 0) return judgement
  const told = (line: EvidenceLine): EvidenceLine => {
    const [claim, files] = folders.find(([{ found }]) => line.text.startsWith(`${found.path} (folder) is there`)) ?? []
    if (!claim || !files || line.about !== 'file') return line
    const what = `${claim.found.path} (folder) is there`
    if (line.found === 'no' && files.length === 0 && !/\b(?:holds nothing|read)\b/.test(line.text))
      return { ...line, text: `${what}, and no commit that names or ticks the task changed anything below it` }
    if (files.length === 0) return line
    const more = files.length > NAMED ? ` and ${files.length - NAMED} more` : ''
    return { ...line, text: `${line.text}: ${files.slice(0, NAMED).join(', ')}${more} below it` }
  }
  return {
    ...judgement,
    evidence: judgement.evidence.map(told),
    caveats: [
      ...judgement.caveats,
      ...folders.map(
        ([{ found }]) =>
          `${found.path} is a folder, and any file below it may be meant: it counts for less than a file, and only by commits that name or tick the task`,
      ),
    ],
  }
}
