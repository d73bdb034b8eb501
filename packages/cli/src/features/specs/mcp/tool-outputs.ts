import { RULE_IDS, SEVERITIES } from '@gatehouse/core/specs/lint/rules'
import { VERDICTS } from '@gatehouse/core/specs/evidence'
import * as z from 'zod'

/**
 * What tools answer: the fields of the command's `--json`, and those of a page. Loose where a document is the command's own, so that a field more
 * there is a field more here.
 */

const count = z.int().min(0)
const paged = {
  matched: count.describe('How many entries fit the question, on all pages'),
  left_out: count.describe('How many of them come after this page'),
  next_cursor: z.string().nullable().describe('Give it as cursor for the next page; null on the last'),
  cut: z.array(z.string()).describe('What was shortened inside of entries'),
  notice: z.string(),
}

const finding = z.looseObject({
  rule: z.enum(RULE_IDS),
  severity: z.enum(SEVERITIES),
  path: z.string().describe('From the served folder'),
  line: count,
  column: count,
  end_line: count,
  end_column: count,
  message: z.string(),
  fix: z.string(),
  fixable: z.boolean().describe('Whether "gatehouse spec lint --fix" mends it'),
  fingerprint: z.string(),
  help: z.string(),
})

export const lintOutput = z.object({
  ok: z.boolean().describe('No error in the paths asked about, whatever rules and severity leave out'),
  root: z.string(),
  files: count,
  counts: z
    .object({ error: count, warning: count, note: count })
    .describe('All findings of the paths, before rules and severity'),
  in_baseline: count,
  findings: z.array(finding),
  skipped: z.array(z.object({ path: z.string(), reason: z.string() })).describe('Files that were not read; at most 20'),
  ignored_by_git: z
    .array(z.string())
    .describe('Markdown and folders that .gitignore leaves out; at most 20. Name one in paths to have it read'),
  ...paged,
})

const commit = z.looseObject({ id: z.string(), subject: z.string() })
const verdict = z.enum(VERDICTS)

const task = z.looseObject({
  id: z.string().nullable(),
  text: z.string(),
  path: z.string(),
  line: count,
  done: z.boolean(),
  verdict,
  lookable: z
    .boolean()
    .describe('False: it names nothing that could be looked for, so "unshown" says no more than that'),
  evidence: z.array(
    z.looseObject({ about: z.string(), found: z.string(), text: z.string(), where: z.string().nullable() }),
  ),
  caveats: z.array(z.string()).describe('Where the verdict would be wrong'),
  files: z.array(z.string()),
  tests: z.array(z.string()),
  symbols: z.array(z.string()),
  commits: z.array(commit),
})

const verdictCounts = z.looseObject({
  shown: count,
  partly: count,
  unshown: count,
  contradicted: count,
  nothing_named: count,
})
const checkoutFolder = z
  .string()
  .describe('The top of the checkout from the served folder, "" where they are one; paths are from this top')

export const evidenceOutput = z.object({
  folder: checkoutFolder,
  counts: verdictCounts.describe('All ticked tasks of the paths, before tasks and verdicts'),
  repository: z.looseObject({ head: z.string().nullable(), commits: count, cut: z.boolean() }).nullable(),
  notes: z.array(z.string()),
  features: z.array(
    z.looseObject({
      name: z.string(),
      folder: z.string(),
      archived: z.boolean(),
      counts: verdictCounts,
      tasks: z.array(task),
      open_that_look_done: z.array(task).optional(),
    }),
  ),
  ...paged,
})

const item = z.looseObject({
  kind: z.string(),
  id: z.string(),
  path: z.string(),
  line: count,
  text: z.string(),
  scope: z.string(),
})

export const traceOutput = z.object({
  folder: checkoutFolder,
  query: z.string(),
  ambiguous: z.boolean().describe('Several features have it: ask again with the feature of one of "found"'),
  commit: commit.nullable().describe('The commit that wrote the line asked for'),
  found: z.array(item),
  requirements: z.array(item),
  tasks: z.array(task.extend({ feature: z.string() })),
  commits: z.array(commit),
  files: z.array(z.string()),
  tests: z.array(z.string()),
  totals: z.object({ found: count, requirements: count, tasks: count, commits: count, files: count, tests: count }),
  ...paged,
})

export const coverageOutput = z.object({
  folder: checkoutFolder,
  features: z.array(
    z.looseObject({
      feature: z.string(),
      requirements: count,
      shown: count,
      partly: count,
      open: count,
      no_task: count,
      contradicted: count,
      without_task: z.array(z.string()),
    }),
  ),
  notes: z.array(z.string()),
  ...paged,
})

export const ruleOutput = z.object({
  rules: z.array(z.object({ id: z.enum(RULE_IDS), severity: z.enum(SEVERITIES), title: z.string(), help: z.string() })),
  page: z.string().nullable().describe('Markdown: why, a bad and a good example, what to do'),
})
