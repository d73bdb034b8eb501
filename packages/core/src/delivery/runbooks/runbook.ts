import type { Triage } from '../stories/triage.ts'
import type { StoryDocument } from '../../specs/story.ts'
import { sha256, type Sha256 } from '../../kernel/canonical.ts'

/**
 * Drafts the short runbook of a story from what the story itself says; what it does not say is left to its reader and said so.
 * Deterministic Markdown in the form of FORMATS, "Agent stories and runbooks".
 */
export function draftRunbook(
  story: StoryDocument,
  triage: Triage,
  repository: { readonly name: string; readonly target_branch: string } | null,
): string {
  const lines = [
    `# ${story.feature_request_id}: ${story.title}`,
    '',
    'Status: PROPOSED',
    '',
    '## Goal Description',
    '',
    quoted(story.user_story || story.problem || story.title),
    '',
    `Risk ${triage.risk}, priority P${triage.priority}.`,
    ...triage.reasons.map((r) => `- ${r}`),
    '',
    '## Proposed Changes',
    '',
    repository
      ? `One change to \`${repository.name}\`, offered for \`${repository.target_branch}\` from a branch of its own.`
      : 'No repository was named: the task waits until it has one.',
    '',
    '## Verification Plan',
    '',
    ...story.criteria.map((c) => `- [ ] ${c.id}${c.negative ? ' (negative test)' : ''}: ${c.text}`),
    '- [ ] The recipe of the protected base passes, and no test of the base is removed or skipped.',
    '',
    '## Definition of Done',
    '',
    '- [ ] Approved by a person who is not an author, and merged exactly as approved.',
    '',
  ]
  return lines.join('\n')
}

/** The story's own words stand as a quotation: a fence or a `Status:` line in them changes nothing outside it. */
function quoted(text: string): string {
  return text
    .split('\n')
    .map((line) => `> ${line}`.trimEnd())
    .join('\n')
}

export function runbookDigest(body: string): Sha256 {
  return sha256(body)
}
