import type { SearchReplace } from './model.ts'
import type { Walk } from './walk.ts'

const SEARCH = /^<{3,9}\s?SEARCH\s*$/
const SPLIT = /^={3,9}\s*$/
const END = /^>{3,9}(?:\s?REPLACE)?\s*$/

/** Gives the fence between two lines to the file that a runbook's heading above it names: its edits, or the file's whole text. */
export function readFileBody(walk: Walk, first: number, last: number): void {
  const open = walk.open.findLast((o) => o.ref.kind === 'file')
  const file = open ? walk.draft.files[open.ref.index] : undefined
  if (!file) return
  // A new file's text may speak of SEARCH blocks; only one that begins with such a block is made of them.
  const lead = firstText(walk, first + 1, last - 1)
  const edits = file.action === 'new' && !SEARCH.test(lead) ? [] : editsOf(walk, first + 1, last - 1)
  if (edits.length > 0) file.edits.push(...edits)
  else if (file.action === 'new' && file.content === null) {
    const lines: string[] = []
    for (let no = first + 1; no < last; no += 1) lines.push(walk.source.raw(no))
    file.content = {
      text: lines.join('\n'),
      place: walk.source.whole(Math.min(first + 1, last), Math.max(first, last - 1)),
    }
  }
}

function firstText(walk: Walk, first: number, last: number): string {
  for (let no = first; no <= last; no += 1) {
    const raw = walk.source.raw(no)
    if (raw.trim() !== '') return raw.length > 60 ? '' : raw.trimEnd()
  }
  return ''
}

function editsOf(walk: Walk, first: number, last: number): SearchReplace[] {
  const edits: SearchReplace[] = []
  let begin = 0
  let split = 0
  let depth = 0
  const nests = isBalanced(walk, first, last)
  const close = (end: number, complete: boolean) => {
    const search = lines(walk, begin + 1, (split || end) - 1)
    const replace = split ? lines(walk, split + 1, end - 1) : ''
    edits.push({
      search,
      replace,
      place: walk.source.whole(begin, complete ? end : Math.max(begin, end - 1)),
      complete,
    })
    begin = 0
    split = 0
  }
  for (let no = first; no <= last; no += 1) {
    const raw = walk.source.raw(no)
    if (raw.length > 60) continue
    if (SEARCH.test(raw.trimEnd())) {
      if (begin && nests) {
        depth += 1
        continue
      }
      if (begin) close(no, false)
      begin = no
    } else if (depth > 0) {
      if (END.test(raw)) depth -= 1
    } else if (begin && !split && SPLIT.test(raw)) split = no
    else if (begin && END.test(raw)) close(no, split > 0)
  }
  if (begin) close(last + 1, false)
  return edits
}

/** Whether each SEARCH has its end: then one inside of another is text of the outer one. */
function isBalanced(walk: Walk, first: number, last: number): boolean {
  let depth = 0
  for (let no = first; no <= last; no += 1) {
    const raw = walk.source.raw(no)
    if (raw.length > 60) continue
    if (SEARCH.test(raw.trimEnd())) depth += 1
    else if (END.test(raw)) depth -= 1
    if (depth < 0) return false
  }
  return depth === 0
}

function lines(walk: Walk, first: number, last: number): string {
  const found: string[] = []
  for (let no = first; no <= last; no += 1) found.push(walk.source.raw(no))
  return found.join('\n')
}
