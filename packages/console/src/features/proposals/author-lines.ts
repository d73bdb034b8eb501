import type { Proposal } from '@gatehouse/client/operations.gen'

export interface AuthorLine {
  readonly id: string
  readonly login: string
  /** By what they are an author, in words. */
  readonly paths: readonly string[]
}

const WORDS: Readonly<Record<string, string>> = {
  'run-starter': 'started the run',
  'task-requester': 'asked for the task',
  prompter: 'wrote the story',
  'agent-owner': 'answers for the agent',
  'agent-definer': 'registered the version that ran',
  submitter: 'submitted the patch',
  accountable: 'answers for the service account',
  'same-diff': 'is an author of the very same diff',
}
const EARLIER = 'earlier:'

/** One line a person: every path by which they stand behind the diff, and once whether behind a diff that it replaced. */
export function authorLines(authors: Proposal['authors']): AuthorLine[] {
  const lines = new Map<string, { login: string; paths: Set<string>; earlier: boolean }>()
  for (const { person, path } of authors) {
    const line = lines.get(person.id) ?? { login: person.login, paths: new Set<string>(), earlier: false }
    if (path.startsWith(EARLIER)) line.earlier = true
    else line.paths.add(Object.hasOwn(WORDS, path) ? (WORDS[path] ?? path) : path)
    lines.set(person.id, line)
  }
  return [...lines].map(([id, { login, paths, earlier }]) => ({
    id,
    login,
    paths: [...paths, ...(earlier ? ['author of a diff that it replaced'] : [])],
  }))
}
