import type { Approval } from '@gatehouse/client/operations.gen'

type Intent = Approval['intent']

const WORDS: Readonly<Record<keyof Intent, string>> = {
  schema: 'the form of the intent',
  kind: 'the kind of effect',
  project_id: 'the project',
  repository_id: 'the repository',
  task_id: 'the task',
  target_branch: 'the target branch',
  environment: 'the environment',
  diff_digest: 'the diff',
  agent_version: "the agent's version",
  exceptions: 'the exceptions used',
}

/** What differs between the intent a person was shown and the one that stands now, in words. */
export function intentChangeWords(shown: Intent, current: Intent): string[] {
  return (Object.keys(WORDS) as (keyof Intent)[])
    .filter((key) => JSON.stringify(shown[key]) !== JSON.stringify(current[key]))
    .map((key) => WORDS[key])
}
