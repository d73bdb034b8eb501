import type { Block } from './blocks.ts'
import type * as m from './model.ts'
import { comparedTitle, plainTitle } from './section-keys.ts'
import type { Walk } from './walk.ts'

export interface FoundField {
  readonly name: string
  readonly value: string
  /** Indices in the line. */
  readonly at: number
  readonly from: number
  readonly to: number
  readonly bold: boolean
}

const BOLD = /\*\*([^*\n:：]{1,80}?)\s{0,2}(?:[:：]\*\*|\*\*\s{0,2}[:：])\s{0,8}/g
const PLAIN = /^([\p{L}][\p{L}\p{N} _/-]{0,39}?)[ \t]{0,2}[:：](?=[ \t]|$)[ \t]{0,8}/u

/** The fields of a line: `**Status**: Draft`, several with `|` between, or one plain `Key: value`. */
export function fieldsOf(text: string, from: number): FoundField[] {
  const body = text.slice(from)
  if (/^\s{0,8}\*\*/.test(body)) {
    const marks = [...body.slice(0, 4000).matchAll(BOLD)]
    if (marks.length === 0 || body.slice(0, marks[0]?.index).trim() !== '') return []
    // Further bold words count only behind a bar: `**Version**: 1 | **Ratified**: ...`
    const heads = marks.filter((mark, i) => i === 0 || /\|\s*$/.test(body.slice(0, mark.index)))
    return heads.map((mark, i) => {
      const next = heads[i + 1]
      const begin = mark.index + mark[0].length
      const raw = body.slice(begin, next?.index).replace(/\|\s*$/, '')
      return {
        name: (mark[1] as string).trim(),
        value: raw.trim(),
        at: from + mark.index,
        from: from + begin,
        to: from + begin + raw.trimEnd().length,
        bold: true,
      }
    })
  }
  const plain = PLAIN.exec(body.trimStart().slice(0, 200))
  if (!plain) return []
  const lead = from + body.length - body.trimStart().length
  const begin = lead + plain[0].length
  return [
    {
      name: (plain[1] as string).trim(),
      value: text.slice(begin).trim(),
      at: lead,
      from: begin,
      to: Math.max(begin, text.trimEnd().length),
      bold: false,
    },
  ]
}

export function fieldKey(name: string): string {
  return comparedTitle(plainTitle(name)).replaceAll(' ', '_')
}

const STATUS_KEYS = new Set(['status', 'state', 'estado', 'statut', '状态', '狀態', 'ステータス', '상태', 'статус'])

/** Whether a field tells the document's status. */
export function isStatusKey(key: string): boolean {
  return STATUS_KEYS.has(key)
}

export function addFields(walk: Walk, block: Block, fields: readonly FoundField[], confidence: m.Confidence): void {
  for (const field of fields) {
    const key = fieldKey(field.name)
    if (key === '') continue
    const valuePlace = walk.source.at(block.no, field.from, field.to)
    walk.draft.fields.push({
      key,
      value: field.value,
      place: walk.source.at(block.no, field.at, field.to),
      valuePlace,
      confidence,
      source: field.bold ? 'bold' : 'plain',
    })
    const top = walk.open.at(-1)
    if (isStatusKey(key) && (!top || top.ref.kind === 'document'))
      walk.draft.setStatus(field.value, valuePlace, confidence)
    if (top?.ref.kind === 'story') {
      const story = walk.draft.stories[top.ref.index]
      if (
        story &&
        /independent_test|prueba_independiente|teste_independente|test_indépendant|unabhängiger_test|独立测试|独立テスト|독립/.test(
          key,
        )
      )
        story.hasIndependentTest = true
      if (story && /^why|por_qué|por_que|pourquoi|warum|почему|为什么|理由|이유|優先度の理由/.test(key))
        story.hasWhy = true
    }
  }
}

/** Front matter: `key: value` lines are fields; lists and nested keys belong to the key above. */
export function readFrontMatter(walk: Walk, block: Block, first: boolean): void {
  const { draft } = walk
  draft.line(block.no, 'strict', 'front-matter')
  if (first || /^(?:---|\.\.\.)\s*$/.test(block.text)) return
  const match = /^([A-Za-z_][\w.-]{0,60})[ \t]{0,4}:(?:[ \t]{1,8}|$)/.exec(block.text)
  if (!match) return
  const raw = block.text.slice(match[0].length).trim()
  const value = raw.replace(/^(["'])(.*)\1$/, '$2')
  const at = match[0].length + (value === raw ? 0 : 1)
  const valuePlace = walk.source.at(block.no, at, at + value.length)
  const key = (match[1] as string).toLowerCase().replaceAll('-', '_')
  draft.fields.push({
    key,
    value,
    place: walk.source.at(block.no, 0, block.text.trimEnd().length),
    valuePlace,
    confidence: 'strict',
    source: 'front-matter',
  })
  if (isStatusKey(key)) draft.setStatus(value, valuePlace, 'strict')
  if (key === 'title' && draft.title === '') {
    draft.title = value
    draft.titlePlace = valuePlace
  }
}
