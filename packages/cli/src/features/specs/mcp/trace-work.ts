import { join, posix } from 'node:path'
import { traceQuery, type Trace } from '@gatehouse/evidence/trace'
import { taskDocument } from '../spec-evidence.ts'
import { evidenceGround, type Ground } from './evidence-ground.ts'
import { taskLines } from './evidence-work.ts'
import { modelValue, NOTICE, quoted, QUOTES } from './model-text.ts'
import { moreText, pageOf } from './page.ts'
import { innerPath } from './served-folder.ts'
import type { TraceInput } from './tool-inputs.ts'
import { ToolRefusal } from './tool-refusal.ts'
import type { WorkAnswer, WorkNote } from './work-order.ts'
import { isAtOrBelow, targetsOf } from './work-scope.ts'

const PARTS = ['found', 'requirements', 'tasks', 'commits', 'files', 'tests'] as const
type Part = (typeof PARTS)[number]

/** What `gatehouse spec trace --json` tells, a page of all its lists in turn. */
export async function traceWork(
  root: string,
  scope: readonly string[],
  input: TraceInput,
  note: (note: WorkNote) => void,
): Promise<WorkAnswer> {
  const query = queryOf(input.query)
  const targets = targetsOf(scope, input.path === undefined ? undefined : [innerPath(root, 'path', input.path)])
  const ground = await evidenceGround(root, targets, input.junit, note)
  const trace = await narrowed(ground, targets, query, input.feature ?? null)
  if (trace === null)
    throw new ToolRefusal(
      'not-found',
      `query: nothing here has the id, file, line or test ${quoted(query, 100)}${input.feature === undefined ? '' : ' in that feature'}. Give an id as the specifications write it, a path from the top of the checkout with a line, or the name of a test`,
    )
  const lists: Readonly<Record<Part, readonly unknown[]>> = { ...trace, tasks: trace.tasks.map(taskDocument) }
  const entries = PARTS.flatMap((part) => lists[part].map((entry) => ({ part, entry })))
  const { items, ...page } = pageOf(
    'entries',
    entries,
    ['spec_trace', targets, query, input.feature, input.junit],
    input,
  )
  const of = (part: Part) => items.flatMap((i) => (i.part === part ? [i.entry] : []))
  const commit = modelValue(trace.commit, () => undefined) as Trace['commit']
  const totals = Object.fromEntries(PARTS.map((part) => [part, lists[part].length]))
  const line = (entry: unknown) => {
    const { id, text, path, line: at, scope: where } = entry as Trace['found'][number]
    return `- ${quoted(`${id} ${text}`, 200)} ${quoted(`${path}:${at}`)} in ${quoted(where)}`
  }
  const section = (title: string, part: Part, lines: (entry: unknown) => string | string[]) =>
    of(part).length === 0 ? [] : [`${title}, ${totals[part] ?? 0}:`, ...of(part).flatMap(lines)]
  const text = [
    trace.ambiguous
      ? `Several features have it: ask again with the feature of one of these.`
      : `${totals['requirements']} requirements, stories and scenarios, ${totals['tasks']} tasks, ${totals['commits']} commits, ${totals['files']} files and ${totals['tests']} tests belong to it.`,
    QUOTES,
    ...(commit ? [`The line was written by ${commit.id.slice(0, 10)} ${quoted(commit.subject)}`] : []),
    ...section('Found', 'found', line),
    ...section('Requirements', 'requirements', line),
    ...section('Tasks', 'tasks', (entry) => taskLines({ task: entry as Trace['tasks'][number] })),
    ...section('Commits', 'commits', (entry) => {
      const { id, subject } = entry as Trace['commits'][number]
      return `- ${id.slice(0, 10)} ${quoted(subject)}`
    }),
    ...section('Files', 'files', (entry) => `- ${quoted(String(entry))}`),
    ...section('Tests', 'tests', (entry) => `- ${quoted(String(entry))}`),
    ...moreText(page, 'entries', 'feature or path'),
  ].join('\n')
  return {
    ok: true,
    document: {
      folder: ground.folder,
      query: modelValue(query, () => undefined),
      ambiguous: trace.ambiguous,
      commit,
      ...Object.fromEntries(PARTS.map((part) => [part, of(part)])),
      totals,
      matched: entries.length,
      ...page,
      notice: NOTICE,
    },
    text,
  }
}

/** A query without controls; one that names a file stays in the checkout. */
function queryOf(given: string): string {
  const query = given.trim()
  // oxlint-disable-next-line no-control-regex -- finding control characters is what this is for
  if (query === '' || /[\u0000-\u001f\u007f]/.test(query))
    throw new ToolRefusal(
      'query-invalid',
      'query: an id, a path with a line, or a test without control characters is needed',
    )
  const path = query.replace(/(?::\d+|#L\d+)$/, '')
  if (path !== query && (/^(?:[\\/]|[A-Za-z]:)/.test(path) || path.split(/[\\/]/).includes('..')))
    throw new ToolRefusal(
      'path-outside',
      'query: the path leads out of the checkout. Give it from the top of the checkout, such as "src/login.ts:12"',
    )
  return query
}

/** The trace, without what lies outside of the targets; an id that only one feature in them has is that feature's. */
async function narrowed(
  ground: Ground,
  targets: readonly string[],
  query: string,
  feature: string | null,
): Promise<Trace | null> {
  const { folder, evidence } = ground
  const within = ({ path }: { readonly path: string }) =>
    targets.some((target) => isAtOrBelow(posix.join(folder, path), target))
  const file = /^(.+?)(?::\d+|#L\d+)$/.exec(query)?.[1]
  if (file !== undefined && !within({ path: join(file) }))
    throw new ToolRefusal(
      'path-outside',
      'query: the file lies outside of the roots that the client offers, or of the path given',
    )
  const trace = await traceQuery(evidence, query, feature)
  if (trace === null) return null
  const found = trace.found.filter(within)
  if (trace.found.length > 0 && found.length === 0) return null
  const scopes = [...new Set(found.map((item) => item.scope))]
  const [only] = scopes
  if (trace.ambiguous && only !== undefined && scopes.length === 1) return narrowed(ground, targets, query, only)
  return { ...trace, found, requirements: trace.requirements.filter(within) }
}
