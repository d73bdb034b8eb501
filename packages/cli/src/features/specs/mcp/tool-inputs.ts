import { RULE_IDS, SEVERITIES } from '@gatehouse/core/specs/lint/rules'
import { VERDICTS } from '@gatehouse/core/specs/evidence'
import * as z from 'zod'
import { DEFAULT_LIMIT, MAX_LIMIT, MAX_PAGE } from './page.ts'
import { MAX_PATH } from './served-folder.ts'

/** What a client may send, and how it is told to the model. Unknown keys are refused: a misspelt filter must not look like none. */

const path = z.string().min(1).max(MAX_PATH)
const paths = z
  .array(path)
  .min(1)
  .max(50)
  .optional()
  .describe('Files or folders in the served folder, such as "specs/001-login". Default: all of it')
const junit = z
  .array(path)
  .min(1)
  .max(20)
  .optional()
  .describe('JUnit XML reports in the served folder, so that tests that ran count. No test is run')
const page = {
  limit: z
    .int()
    .min(1)
    .max(MAX_LIMIT)
    .optional()
    .describe(`Most entries of a page. Default: ${DEFAULT_LIMIT}; a page also ends at ${MAX_PAGE} characters`),
  cursor: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('next_cursor of the page before, with otherwise the same arguments'),
}
const checkout = path
  .optional()
  .describe('The folder of the checkout, where the served folder holds several. Default: the served folder')

export const lintInput = z.strictObject({
  paths,
  rules: z.array(z.enum(RULE_IDS)).min(1).optional().describe('Only findings of these rules'),
  severity: z.enum(SEVERITIES).optional().describe('Only findings as grave as this, or graver'),
  ...page,
})

export const evidenceInput = z.strictObject({
  paths,
  tasks: z
    .array(z.string().min(1).max(100))
    .min(1)
    .max(100)
    .optional()
    .describe('Only tasks with these ids, such as "T012"; ticked or not'),
  verdicts: z.array(z.enum(VERDICTS)).min(1).optional().describe('Only tasks with one of these verdicts'),
  include_open: z.boolean().optional().describe('Also tell open tasks that look done. Default: false'),
  junit,
  ...page,
})

export const traceInput = z.strictObject({
  query: z
    .string()
    .min(1)
    .max(500)
    .describe(
      'FR-001, US1/AC2, T012, src/a.ts:12, a file of tests or the name of a test; paths from the top of the checkout',
    ),
  feature: z.string().min(1).max(200).optional().describe('Slug or folder of a feature, where several have the id'),
  path: checkout,
  junit,
  ...page,
})

export const coverageInput = z.strictObject({
  path: path.optional().describe('A folder in the served folder. Default: all of it'),
  junit,
  ...page,
})

export const ruleInput = z.strictObject({
  rule: z
    .enum(RULE_IDS)
    .optional()
    .describe('The id of a rule, as a finding names it. Left out: all rules, a line each'),
})

export type LintInput = z.infer<typeof lintInput>
export type EvidenceInput = z.infer<typeof evidenceInput>
export type TraceInput = z.infer<typeof traceInput>
export type CoverageInput = z.infer<typeof coverageInput>
