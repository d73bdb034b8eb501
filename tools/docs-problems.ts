import { exitCode, PROBLEMS, type ProblemSlug } from '../packages/core/src/kernel/problems.ts'
import { MADE_BY } from './docs-flow.ts'

const HEAD_END = '<!-- The text below is written by hand. -->'

export const SLUGS = Object.keys(PROBLEMS) as ProblemSlug[]

/** The head of a problem's page: what the catalogue says. */
function head(slug: ProblemSlug): string {
  const { title, status, retryable } = PROBLEMS[slug]
  return [
    `# ${title}`,
    '',
    MADE_BY,
    '',
    '| Slug | HTTP status | Exit code | Retryable |',
    '| --- | --- | --- | --- |',
    `| \`${slug}\` | ${status} | ${exitCode(slug)} | ${retryable ? 'yes' : 'no'} |`,
    '',
    HEAD_END,
  ].join('\n')
}

/** A page with its head put in step. The hand-written part is kept as it is; pages without it are refused by `bodyProblem`. */
export function problemPage(slug: ProblemSlug, page: string): string {
  const at = page.indexOf(HEAD_END)
  const body = at < 0 ? page : page.slice(at + HEAD_END.length)
  return `${head(slug)}\n\n${body.trim()}\n`
}

/** What a problem's page lacks that only a person can write, or null. */
export function bodyProblem(page: string): string | null {
  const body = page.slice(page.indexOf(HEAD_END) + HEAD_END.length).trim()
  const match = /^## What it means\n\n([\s\S]+?)\n\n## What to do\n\n([\s\S]+)$/.exec(body)
  if (!match) return 'needs "## What it means" and "## What to do", in this order, each with its text'
  const [, means = '', todo = ''] = match
  if (means.length < 40 || todo.length < 20) return 'says too little to help anyone'
  return null
}

/** docs/reference/problems.md: all of them on one page. */
export function problemsPage(): string {
  const lines = [
    '# Problems',
    '',
    MADE_BY,
    '',
    'Every refusal is an RFC 9457 document (`application/problem+json`). Its `type` ends in the slug, `code` is the slug, `detail` says',
    'what was wrong and what to do, `retryable` whether the same request can succeed later unchanged. The command line prints the same',
    'and exits with the code of the table: 1 Gatehouse broke, 2 bad input, 3 not allowed, 4 conflict or refused by the gate or policy,',
    '5 not there, 6 try again later.',
    '',
    '| Problem | Title | HTTP status | Exit code | Retryable |',
    '| --- | --- | --- | --- | --- |',
    ...SLUGS.map((slug) => {
      const { title, status, retryable } = PROBLEMS[slug]
      return `| [\`${slug}\`](problems/${slug}.md) | ${title} | ${status} | ${exitCode(slug)} | ${retryable ? 'yes' : 'no'} |`
    }),
  ]
  return `${lines.join('\n')}\n`
}
