import { z } from 'zod'
import { refuse, ok, type Result } from '../kernel/result.ts'

export const RISKS = ['low', 'medium', 'high', 'critical'] as const
export type Risk = (typeof RISKS)[number]

export const Criterion = z.strictObject({ id: z.string(), text: z.string(), negative: z.boolean(), line: z.int() })
export type Criterion = z.infer<typeof Criterion>

/** A story as read from Markdown. Lines count from 1. */
export interface StoryDocument {
  readonly feature_request_id: string
  readonly title: string
  readonly priority: number | null
  readonly problem: string
  readonly user_story: string
  readonly criteria: readonly Criterion[]
}

export const STORY_MAX_BYTES = 262_144
// Lines are trimmed at their end before these run, and no two neighbours in them can match the same blank: all are linear.
const FIELD = /^\s*(?:[-*]\s*)?\**([A-Za-z][A-Za-z_ ]{1,29})\**\s*:\s*\**\s*(\S.*)$/s
const HEADING = /^(#{1,6})\s+(\S.*)$/s
const ITEM = /^\s*[-*+]\s+(\S.*)$/s
const NUMBERED = /^\s*\d+[.)]\s+(\S.*)$/s
const CHECKBOX = /^\[[ xX]\](?:\s+|$)/

/**
 * Reads a plain Markdown story: front matter or `Key: value` lines for `feature_request_id`, `title`, `priority`; a heading "Acceptance
 * Criteria" with list items; "Problem" and "User story" sections. Refused with the line and what to write there, as `story-invalid`.
 */
export function parseStory(markdown: string): Result<StoryDocument, 'story-invalid'> {
  if (markdown.length > STORY_MAX_BYTES)
    return refuse('story-invalid', `the story is longer than ${STORY_MAX_BYTES} characters; split it`)
  if (markdown.includes('\u0000')) return refuse('story-invalid', 'the story holds a NUL character: it is not text')
  if (!markdown.isWellFormed())
    return refuse('story-invalid', 'the story holds half of a surrogate pair: send it as valid UTF-8')
  const lines = markdown
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .map((line) => line.trimEnd())
  const fields = new Map<string, string>()
  const sections = new Map<string, { text: string; line: number }[]>()
  let heading = ''
  let title = ''
  let fenced = false
  let body = 0
  if (lines[0] === '---') {
    const end = lines.indexOf('---', 1)
    if (end < 0) return refuse('story-invalid', 'line 1: the front matter opened with --- is never closed')
    for (const line of lines.slice(1, end)) readField(line, fields)
    body = end + 1
  }
  for (const [index, line] of lines.entries()) {
    if (index < body) continue
    if (/^\s*(```|~~~)/.test(line)) fenced = !fenced
    const h = fenced ? null : HEADING.exec(line)
    if (h?.[1] === '#' && title === '') title = (h[2] as string).replace(/^(story|feature)\s*:\s*/i, '')
    else if (h)
      heading =
        (h[2] as string)
          .toLowerCase()
          .replace(/[^a-z ]/g, '')
          .trim() || 'other'
    else if (heading === '' && !fenced) readField(line, fields)
    else {
      const below = sections.get(heading)
      if (below) below.push({ text: line, line: index + 1 })
      else sections.set(heading, [{ text: line, line: index + 1 }])
    }
  }
  title = fields.get('title') ?? title
  if (title === '') return refuse('story-invalid', 'line 1: no title; begin the story with "# What is wanted"')
  const id = fields.get('feature_request_id') ?? ''
  if (!/^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/.test(id))
    return refuse(
      'story-invalid',
      'feature_request_id: missing or not made of letters, digits, ".", "_", "/", "-" (at most 100); write "feature_request_id: WEB-12" under the title',
    )
  const criteria = readCriteria(section(sections, 'acceptance'))
  if (criteria.length === 0)
    return refuse(
      'story-invalid',
      'no acceptance criteria: add a heading "## Acceptance Criteria" with one list item per criterion, best as Given, When, Then',
    )
  const priority = readPriority(fields.get('priority'))
  if (priority === undefined)
    return refuse(
      'story-invalid',
      `priority: "${fields.get('priority')}" is not P0 to P9, critical, high, medium or low`,
    )
  return ok({
    feature_request_id: id,
    title: cut(title, 300),
    priority,
    problem: join(section(sections, 'problem')),
    user_story: join(section(sections, 'user story')),
    criteria,
  })
}

const PRIORITY_WORDS = ['critical', 'high', 'medium', 'low']

/** 0 is the most urgent; null where none is given, undefined where it cannot be read. */
function readPriority(text: string | undefined): number | null | undefined {
  if (text === undefined) return null
  const word = PRIORITY_WORDS.indexOf(text.toLowerCase())
  if (word >= 0) return word
  const digit = /^P?(\d)$/i.exec(text)?.[1]
  return digit === undefined ? undefined : Number(digit)
}

function readField(line: string, fields: Map<string, string>): void {
  const match = FIELD.exec(line)
  if (!match) return
  const key = (match[1] as string).trim().toLowerCase().replaceAll(' ', '_')
  if (!fields.has(key)) fields.set(key, (match[2] as string).trim().replace(/^["'`](.*)["'`]$/, '$1'))
}

function section(sections: Map<string, { text: string; line: number }[]>, name: string) {
  return [...sections].filter(([heading]) => heading.includes(name)).flatMap(([, lines]) => lines)
}

function join(lines: { text: string }[]): string {
  const text = lines.map((l) => l.text).join('\n')
  return cut(text.trim(), 20_000)
}

/** Cuts without leaving half of a surrogate pair, which neither canonical JSON nor the database takes. */
function cut(text: string, length: number): string {
  const head = text.slice(0, length)
  return head.isWellFormed() ? head : head.slice(0, -1)
}

/** One criterion an item; indented or unmarked lines below belong to the item above. */
function readCriteria(lines: { text: string; line: number }[]): Criterion[] {
  const found: { text: string; line: number }[] = []
  for (const { text, line } of lines) {
    const item = /^\s{2,}/.test(text) && found.length > 0 ? null : (ITEM.exec(text) ?? NUMBERED.exec(text))
    const last = found.at(-1)
    if (item) found.push({ text: (item[1] as string).replace(CHECKBOX, ''), line })
    else if (last && text.trim() !== '') last.text += ` ${text.trim().replace(/^[-*]\s+/, '')}`
  }
  const written = found.filter((f) => f.text.trim() !== '')
  return written.map((f, i) => ({
    id: `AC${i + 1}`,
    text: cut(f.text.trim(), 4000),
    negative: /negative|must not|never|rejects?|refuse/i.test(f.text),
    line: f.line,
  }))
}
