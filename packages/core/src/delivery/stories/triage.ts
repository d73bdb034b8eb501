import { RISKS, type Risk, type StoryDocument } from '../../specs/story.ts'

export interface Triage {
  readonly risk: Risk
  readonly priority: number
  /** Each reason in words, as a planner note. */
  readonly reasons: readonly string[]
}

const SIGNALS: readonly { readonly risk: Risk; readonly words: RegExp; readonly what: string }[] = [
  { risk: 'critical', words: /\b(payments?|card numbers?|private keys?|encryption keys?)\b/i, what: 'money or keys' },
  {
    risk: 'high',
    words:
      /\b(auth\w*|login|passwords?|secrets?|tokens?|permissions?|roles?|personal data|gdpr|migrations?|delet\w+ data)\b/i,
    what: 'access, secrets or stored data',
  },
  {
    risk: 'medium',
    words: /\b(api|compatib\w+|callers?|schema|depend\w+|config\w*|deploy\w*|rename\w*)\b/i,
    what: 'an interface that others call',
  },
]

/** Sets risk and priority of a story by what its words touch. Deterministic: no model, no clock; policy may raise the risk later, from the diff. */
export function triage(story: StoryDocument): Triage {
  const text = [story.title, story.problem, story.user_story, ...story.criteria.map((c) => c.text)].join('\n')
  const hit = SIGNALS.find((s) => s.words.test(text))
  const risk = hit?.risk ?? 'low'
  const found = hit ? (hit.words.exec(text)?.[0] ?? '') : ''
  const priority = story.priority ?? Math.max(1, 3 - RISKS.indexOf(risk))
  return {
    risk,
    priority,
    reasons: [
      hit
        ? `[risk:${risk}] mentions "${found}": ${hit.what}`
        : '[risk:low] mentions no interface, access, data or money',
      story.priority === null
        ? `priority P${priority} follows from the risk`
        : `priority P${priority} is the story's own`,
    ],
  }
}
