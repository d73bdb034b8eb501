import type { BoxShape } from './blocks.ts'

const STATUS_WORDS =
  /^(?:not (?:yet )?(?:started|done|complete)|in[ -]progress|(?:is |are )?(?:done|completed?|finished|checked|pending|open|todo|to do|to-do|not started|started|ongoing|blocked|skipped|deferred|cancell?ed|dropped|partial(?:ly)?(?: (?:done|complete|completed))?|incomplete|partly|unchecked|wip|n\/a|not applicable|verified|failed|passed|optional|parallel(?:izable)?|task)(?: tasks?| items?)?|erledigt|offen|hecho|pendiente|en progreso|completad[oa]|concluíd[oa]|pendente|em andamento|terminée?|en cours|à faire|(?:已|未|部分)?完成|(?:进行|進行)中|未(?:开始|開始|着手)|待(?:办|辦|处理|處理)|已取消|阻塞|完了|保留|완료(?:됨)?|진행 ?중|미완료|대기|готово|выполнено|в работе|не начато)[.!。]?$/i
const EXPLAINS = /^(?:=|:=|==|→|->|=>|⇒|:|[-\u2010-\u2015])\s{0,4}\S/
const PARALLEL =
  /\b(?:can (?:be )?run|runs?|safe to run|may run|executed?) in parallel|^parallel(?:izable)?\b|\bdifferent files\b/i
const UNFILLED = /\[(?:ID|TaskID|Task ID|Story|Description|P\?|Story\?)\]|^<[^>]{1,60}>$/

export interface LegendContext {
  /** The section explains a notation. */
  readonly inLegend: boolean
  /** A neighbouring line holds a box with another mark and nothing but a status word. */
  readonly besideStatus: boolean
}

/** Whether a line with a box explains the notation (`- [P] = parallel`, `- [x] completed`) and promises nothing. */
export function isLegend(box: BoxShape, rest: string, context: LegendContext): boolean {
  const text = rest.replaceAll(/[*_`]/g, '').trim()
  const plain = /^[ \txX~/-]*$/.test(box.mark)
  if (/^(?:=|:=|==|⇒)\s{0,4}\S/.test(text)) return true
  if (UNFILLED.test(text)) return true
  if (!plain) {
    // `[P]`, `[S]` ...: a letter is a tag. With an identifier behind it, it is a task whose box was forgotten.
    if (EXPLAINS.test(text)) return true
    if (/^[A-Za-z]+-?\d/.test(text)) return false
    return context.inLegend || PARALLEL.test(text) || STATUS_WORDS.test(text)
  }
  const told = text.replace(/^(?::|→|->|=>|[-\u2010-\u2015])\s*/, '')
  if (told !== text && STATUS_WORDS.test(shortened(told))) return true
  if (!STATUS_WORDS.test(shortened(told))) return false
  return context.inLegend || context.besideStatus
}

/** `Completed (merged to main)` is about `Completed`. */
function shortened(text: string): string {
  return text
    .slice(0, 200)
    .replace(/\s*[([,;:（，：；\u2010-\u2015].*$/s, '')
    .trim()
}

/** Whether a line says nothing but a status. */
export function isStatusOnly(rest: string): boolean {
  return STATUS_WORDS.test(
    shortened(
      rest
        .replaceAll(/[*_`=]/g, '')
        .replace(/^\s*[:\u2010-\u2015-]\s*/, '')
        .trim(),
    ),
  )
}
