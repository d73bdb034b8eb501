/** What a reader hears: code, quotations, links' targets and bold marks taken out, blanks joined. */
export function spoken(text: string): string {
  // What a requirement says stands in its beginning; a hostile text is not searched without end.
  return text
    .slice(0, 8000)
    .replaceAll(/<!--[\s\S]*?-->/g, ' ')
    .replaceAll(/(`+)[^`]*\1/g, ' ')
    .replaceAll(/\]\([^)\s]*\)/g, '] ')
    .replaceAll(/"[^"\n]{0,200}"|“[^”\n]{0,200}”|«[^»\n]{0,200}»/g, ' ')
    .replaceAll(/[*_]{2,3}|~~/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

const STOP_WORDS = new Set(
  'the a an to of is are and for with in when on it that must shall should be by as from at or not'.split(' '),
)

/** Whether a text is English, so that English words may be looked for. Short texts need one small word, long ones two. */
export function isEnglish(text: string): boolean {
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? []
  if (words.length === 0) return false
  const foreign = words.filter((word) => /[^a-z]/.test(word)).length
  const small = words.filter((word) => STOP_WORDS.has(word)).length
  return foreign * 5 <= words.length && small >= (words.length > 8 ? 2 : 1)
}

const NUMBER_WORDS =
  /\b(?:one|two|three|four|five|six|seven|eight|nine|ten|single|half|twice|zero|a (?:second|minute|frame|tick|day|hour))\b/i

/** Whether it gives a number, a limit or a comparison: identifiers and dates of the text do not count. */
export function hasMeasure(text: string): boolean {
  const bare = text.replaceAll(/\b[A-Z]{1,6}-?\d[\w./-]*/g, ' ').replaceAll(/§\s*[\d.]+/g, ' ')
  return (
    /\d/.test(bare) ||
    NUMBER_WORDS.test(bare) ||
    /\b(?:than|at most|at least|no more|up to|within the same|without reload\w*|instead of|compared (?:to|with)|relative to|the same as|as \w+ as (?!possible|practical|feasible|needed))\b/i.test(
      bare,
    )
  )
}

/** Whether what follows a word explains it: `robust: it ...`, `gracefully (shows ...)`, `efficiently by caching`. */
function isExplained(after: string): boolean {
  return (
    /^(?:,? \w+){0,2}(?:\s?[:(]|\s[-–—]\s)/.test(after) ||
    /^[^.;]{0,25}?,? (?:by|i\.e\.|so that|using|via|meaning|such that|through|without|even (?:if|when|under)|when|for example)\b/i.test(
      after,
    ) ||
    // `seamlessly loads the last page without a reload`, `responsive, adapting to ...`, `responsive; no scrolling ...`
    /^[^.;]{0,120}? without \p{L}|^(?:,| by) (?:adapting|falling back|requiring|showing|displaying|returning|keeping|limiting)\b|^; no \p{L}/iu.test(
      after,
    ) ||
    // What is fallen back to, or where calls go, is named: that it be seamless adds nothing to test.
    /^ (?:falls? back|routes?|redirects?|reroutes?|fails? over)\b[^.;]{0,60} to \p{L}/iu.test(after)
  )
}

/** `; any failure MUST return ...`: the next clause says what happens. */
function goesOn(after: string): boolean {
  return /^\s?;\s[^.;]{0,160}\b(?:must|shall|returns?|shows?|reports?|retries|logs)\b/i.test(after)
}

/** Words without a measure. Each pattern takes only uses that claim a quality, not names that hold the word (`fast path`, `quick fix`). */
const VAGUE: readonly RegExp[] = [
  /^(?:very )?(?:fast|quick|responsive|scalable|robust|reliable|secure|efficient|performant|flexible|simple|easy)(?=\s*(?:[.,;!]|$)|\s(?:and|search|response|responses|loading|startup|performance|interface|ui|navigation)\b)/i,
  /\b(?:responds?|loads?|runs?|starts?|renders?|opens?|performs?|executes?|works?|scales?) (?:very |really )?(?:fast|quick|well)(?=\s*(?:[.,;!]|$)|\s(?:and|on|in|for|under|with)\b)/i,
  /\b(?:robust|scalable|flexible|intuitive|modern|efficient|simple|clean|sleek|elegant)(?:,? (?:and )?\w+)? (?:error handling|ui|user interface|interface|design|architecture|experience|look|look and feel|navigation)\b/i,
  /\b(?:large|huge|big|high|low) (?:amounts?|numbers?|volumes?|quantit(?:y|ies)) of\b/i,
  /\b(?:many|most) (?:concurrent |simultaneous |common |modern |popular )?(?:users|browsers|devices|platforms)\b/i,
  /\bminimi[sz]es? (?:the )?(?:memory|latency|cpu|load|downtime|overhead|resource|network|response|delays?)\b/i,
  /\b(?:user|developer)[- ]friendly\b/i,
  /\bintuitive(?:ly)?\b/i,
  /\beasy to (?:use|understand|read|learn|navigate|maintain|extend|find|follow|configure|set up|discover|manage|operate)\b/i,
  /\beasily\b(?! guess)/i,
  /\b(?:be|is|are|stay|remain|feel|seem) (?:very |really |quite |reasonably |sufficiently |as |so )?(?:easy|simple|convenient|pleasant|beautiful|attractive|elegant|smooth|comfortable|snappy|quick|fast|speedy|responsive|lightweight|performant|efficient|scalable|robust|flexible|reliable|stable|maintainable|extensible|secure|safe|modern|clean|nice|good|great|usable|acceptable|adequate|sufficient|reasonable|appropriate)(?=\s*(?:[.,;!]|$)|\s(?:and|or|enough|for (?:the |all |our |most )?(?:users?|everyone|developers|customers))\b)/i,
  /\b(?:quickly|rapidly|swiftly|speedily|smoothly|seamlessly|efficiently|performantly|elegantly|nicely|robustly)\b/i,
  /\bseamless\b/i,
  /(?<!\bfail |\bfail-|\bbreak-)\bfast(?=,? (?:and|enough|response|search|load|loading|performance|results?|access|queries|processing|startup|execution)\b)/i,
  /\bquick(?=,? (?:and easy|response|responses|results|access to|feedback)\b)/i,
  /\b(?:high|good|great|better|improved|pleasant|acceptable|optimal|best|excellent|decent|reasonable) (?:performance|quality|speed|throughput|availability|usability|user experience|ux)\b/i,
  /\bhighly (?:available|scalable|performant|reliable|secure|efficient|usable)\b/i,
  /\b(?:low|minimal|acceptable|reasonable) (?:latency|overhead|delay|downtime|load times?|response times?)\b/i,
  /\b(?:state[- ]of[- ]the[- ]art|best[- ]in[- ]class|world[- ]class|enterprise[- ]grade|cutting[- ]edge|next[- ]gen(?:eration)?)\b/i,
  /\b(?:as|where|when|if|wherever|whenever) (?:appropriate|applicable and useful|feasible|practical|practicable)\b/i,
  /\b(?:if|where|when|wherever|whenever) (?:at all )?possible(?=\s*(?:[.,;:)]|$)|\s(?:and|or|to|by|from|with|in|on|at)\b)/i,
  /\bas (?:much|far|soon|fast|quickly|little|many|close|simple) as (?:possible|practical|feasible|needed)\b/i,
  /\b(?:reasonabl[ey]|adequate(?:ly)?|satisfactor(?:y|ily)) (?!default)/i,
  /\bin a timely (?:manner|fashion|way)\b|\btimely\b/i,
  /\bappropriate (?:messages?|errors?|actions?|responses?|feedback|measures?|handling|notifications?|security|performance|size|amount|time)\b/i,
  /\buser experience (?:is|must be|should be|shall be) (?:good|great|improved|pleasant)\b/i,
  /\band so on\b|\band so forth\b/i,
]

/** `etc.` outside of a list of examples. */
const OPEN_LIST = /\betc\b\.?/i

/**
 * The first word without a measure, as written; null where there is none, where a measure stands in `text` or `context` (scenarios, say), or where
 * the word is explained. `more`: words a project holds for vague; `allowed`: words it does not.
 */
export function vagueWord(
  text: string,
  context: string,
  more: readonly string[],
  allowed: readonly string[],
): string | null {
  const said = spoken(text).replace(/^[A-Z]{1,6}-?\d[\w.-]*\s*:?\s*/, '')
  // A few plain words (`Fast search`) are too short to tell their language; our words tell it.
  if (!isEnglish(said) && !/^(?:[a-z-]+[ .]?){1,4}$/i.test(said)) return ownWord(said, more)
  const fine = new Set(allowed.map((word) => word.toLowerCase()))
  const isFine = (found: string) =>
    fine.has(found.toLowerCase()) || [...fine].some((w) => found.toLowerCase().includes(w))
  if (!hasMeasure(said) && !hasMeasure(spoken(context)))
    for (const pattern of VAGUE) {
      const match = pattern.exec(said)
      if (!match || isFine(match[0])) continue
      if (isExplained(said.slice(match.index + match[0].length))) continue
      if (/\b(?:not|never|no|without)\s(?:\w+\s){0,3}$/i.test(said.slice(0, match.index))) continue
      return match[0].trim()
    }
  const list = OPEN_LIST.exec(said)
  if (
    list &&
    !isFine('etc') &&
    !/(?:e\.g\.|for example|such as|like|including|\()[^)]*$/i.test(said.slice(0, list.index))
  )
    return list[0]
  return ownWord(said, more)
}

function ownWord(said: string, words: readonly string[]): string | null {
  const lower = said.toLowerCase()
  return (
    words.find((word) => {
      const at = lower.indexOf(word.toLowerCase())
      return (
        at >= 0 && !/[\p{L}\p{N}]/u.test(lower[at - 1] ?? ' ') && !/[\p{L}\p{N}]/u.test(lower[at + word.length] ?? ' ')
      )
    }) ?? null
  )
}

const UNTESTABLE: readonly (readonly [RegExp, string])[] = [
  [
    /\b(?:works?|functions?|behaves?|operates?|performs?|runs?) (?:correctly|properly|as (?:expected|intended|desired)|well|fine|nicely)(?=\s*(?:[.;!]|$)|\s(?:and|in all cases|at all times|for (?:all|every))\b)/i,
    'it does not say what right would look like',
  ],
  [
    /\bhandles? (?:everything|all (?:cases|errors|edge cases|situations|inputs)|errors|edge cases|failures)(?: (?:correctly|properly|gracefully|well|appropriately))?(?=\s*(?:[.;!]|$))/i,
    'it does not say what happens in which case',
  ],
  [
    /\b(?:users?|customers?|members?|everyone|people|stakeholders|developers) (?:must|should|shall|will|are|is|feel|be) (?:be |feel )?(?:satisfied|happy|delighted|pleased|comfortable|confident)\b/i,
    'a feeling is not observed without saying how it is asked and counted',
  ],
  [
    /\b(?:bug|error|defect)[- ]free\b|\bno bugs\b|\bnever fails?(?=\s*(?:[.;!]|$))/i,
    'absence of every fault cannot be shown',
  ],
  [
    /\b(?:looks?|feels?) (?:good|nice|great|modern|professional|natural|right|polished|clean)\b/i,
    'it is a matter of taste',
  ],
  [
    /\b(?:must|shall|should|will|to) (?:\w+ )?(?:improve|enhance|increase|optimi[sz]e) (?:the )?(?:overall )?(?:performance|usability|user experience|experience|quality|reliability|security|maintainability|efficiency)(?=\s*(?:[.;!]|$))/i,
    'it says neither from what nor to what',
  ],
]

const NOT_WRITTEN =
  /^(?:(?:the )?(?:system|it) (?:must|shall|should) )?[([*_ ]*(?:tbd|tba|tbc|todo|t\.b\.d\.|\?{2,}|to be (?:defined|decided|determined|done|written)|fixme|xxx)\b[^a-z]{0,3}/i

/** Why nobody could test a requirement; null where it cannot be decided that it is so. */
export function untestableBecause(text: string): string | null {
  const said = spoken(text).replace(/^[A-Z]{1,6}-?\d[\w.-]*\s*:?\s*/, '')
  if (NOT_WRITTEN.test(said)) return 'it is not written yet'
  if (!isEnglish(said) || hasMeasure(said)) return null
  for (const [pattern, why] of UNTESTABLE) {
    const match = pattern.exec(said)
    const after = match ? said.slice(match.index + match[0].length) : ''
    if (match && !isExplained(after) && !goesOn(after)) return `"${match[0].trim()}": ${why}`
  }
  return null
}
