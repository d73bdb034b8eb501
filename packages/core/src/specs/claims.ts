import type { FileReference, Place, SpecDocument, SymbolReference, Task } from './model.ts'
import { normalPath } from './project-layout.ts'

/** What a task's words promise that can be looked for. Words only: nothing here says that any of it is there. */
export interface TaskClaims {
  readonly files: readonly FileClaim[]
  readonly symbols: readonly SymbolClaim[]
  /** Paths that cannot be looked up: in somebody's home, or with a blank to fill in. */
  readonly unlookable: readonly string[]
}

export interface FileClaim {
  /** With forward slashes, without a leading `./`, as the task writes it otherwise. */
  readonly path: string
  /** `create`: it was not there before. `change`: something in it is to differ. `delete`: it is to be gone. */
  readonly action: 'create' | 'change' | 'delete'
  /** By its name a file of tests. */
  readonly isTest: boolean
  readonly place: Place
}

export interface SymbolClaim {
  /** `parse`, `Class.method`. */
  readonly name: string
  readonly call: boolean
  readonly place: Place
}

/** The tasks whose boxes claim work: questions, consents and definitions of done are others' matter. */
export function isWork(task: Task): boolean {
  return task.kind === 'task' && task.box !== null
}

const SCRIPT = '(?:[cm]?[jt]sx?|py|go|rs|rb|java|kt|cs|php|swift|exs?|sh|dart|lua|c|cc|cpp|rego|bats)'
const TEST_FILE = new RegExp(
  `(?:^|/)(?:test_[^/]+|[^/]+[._-](?:test|tests|spec|specs|e2e)|[^/]+(?:Test|Tests|Spec|IT))\\.${SCRIPT}$|(?:^|/)(?:__tests__|tests?)/(?:.*/)?[^/]+\\.${SCRIPT}$`,
)

/** Whether a path is by its name one of tests. What a folder of tests holds beside them (fixtures, `__init__.py`) is none. */
export function isTestPath(path: string): boolean {
  if (/(?:^|\/)(?:fixtures?|__fixtures__|__snapshots__|testdata|mocks?|__mocks__)\//.test(path)) return false
  if (/(?:^|\/)(?:__init__|conftest|setup|helpers?|utils?)\.[a-z]+$/.test(path)) return false
  return TEST_FILE.test(path)
}

/** What comes before a path that is read, and not made: `per contracts/api.md`. */
const CONTEXT =
  /\b(?:per|see|cf\.?|from|following|follow|follows|matching|match|matches|like|as in|as per|(?:defined|described|documented|specified|listed|given|found|declared|noted|shown) (?:in|by)|according to|based on|against|via|using|uses|use|with|mirrors|mirroring|mirror|reusing|reuses|reuse|reads|reading|read|loads|parses|imports?|imported from|calls|calling|covers|satisfies|by|than|to match|identical to|consistent with|verbatim from|run|runs|running|execute|executing|invoke|invokes)\s+(?:the |its |our |existing |that |in )*[`'"([*]*$/i
/** "Update the imports in `a.ts`": no verb, and the file is what is worked on. */
const NOUN_IN =
  /\b(?:imports?|exports?|calls?|uses?|loads?|reads?|runs?)\s+in\s+(?:the |its |our |existing )*[`'"([*]*$/i
/** Work that looks at files and leaves them as they are. */
const LOOKING =
  /^(?:\W{0,20})(?:run|re-?run|execute|verify|validate|confirm|check|review|read|inspect|manual(?:ly)?|walk|smoke|measure|benchmark|profile|audit|investigate|research|commit|push|open|invoke|grep|lint|typecheck|compile|build and)\b/i
/** A symbol that a task which only looks may name all the same: that it passes can be looked up. */
const TEST_NAME = /^(?:test_\w+|[tT]est[A-Z]\w*)$/
const TAKING =
  /^(?:\W{0,20})(?:remove|delete|drop|strip|extract|move|relocate|rename|migrate|split|lift|pull|factor|clean|purge|eliminate|dedupe|deduplicate|inline|replace)\b/i
/** The task begins with it: "update the test that creates `a.ts`" makes none. */
const MAKING =
  /^\W{0,20}(?:[a-z][\w ]{0,20}: {0,3}\W{0,20})?(?:create|add new|write|author|scaffold|generate|introduce|initiali[sz]e|set ?up)\b/i
/** What a program is to write when it runs: "write the template to `a.md`". */
const WRITTEN_OUT = /\b(?:to|refresh[a-z]*|always|or)\s+(?:the |a |an |root |root-level )*[`'"([*]*$/i
const NEW = /\bnew (?:file |module |component |folder |directory |script |test |helper |page )?[`'"([*]*$/i
const INSIDE = /\b(?:in|into|under|within|across|inside|below|throughout)\s+(?:the |all of |all )?[`'"([*]*$/i
const DELETING =
  /\b(?:delete|remove|drop|deletes|removes|deleting|removing)\s+(?:the |all |an? |old |legacy |obsolete |unused |dead |empty |stale |deprecated |now-\w+ |entire |whole |files? |folders? |director(?:y|ies) |modules? |scripts? )*[`'"([*]*$/i
/** "Remove the `a.ts` import": not the file goes, something of it does. */
const PART_OF =
  /^[`'")\]*]*\s+(?:location |old |stale )?(?:references?|imports?|exports?|usages?|uses?|calls?|entry|entries|lines?|sections?|rows?|mentions?|links?|fields?|keys?|hooks?|handlers?|wiring|registration|scripts?|rules?|block|logic|code|paths?)\b/i
const MOVING = /^(?:\W{0,20})(?:move|rename|relocate|migrate)\b/i
const CHAIN = /^[`'"\])*]*\s*(?:,|\+|&|and|or|,\s*and|\/)\s*(?:the )?[`'"([*]*$/i
const ARROW = /^[`'"\])*]*\s*(?:→|->|=>|to|into)\s+[`'"([*]*$/i

/** What a feature is written in: a task names it to say where its words come from. */
const SPEC_FILE =
  /^(?:.*\/)?(?:spec|plan|research|data-model|quickstart|tasks|constitution|proposal|requirements)\.md$|^(?:contracts?|checklists?)\/|(?:^|\/)specs\/[^/.]+\/?$/i
const UPDATING =
  /\b(?:update|updating|edit|revise|refresh|amend|extend|correct|write|create|sync)\s+(?:the )?[`'"([*]*$/i
const UNFINISHED = /[<>*|?{}]|\.{3}|…|(?:^|\/)path\/to\/|(?:^|\/)(?:YYYY|NNN|XXX)/
const OUTSIDE = /^(?:~|\$|[A-Za-z]:[\\/]|\/(?:usr|etc|tmp|home|var|opt|dev|proc|root|Users|mnt|api)\/)/
/** An extension spoken of: "read `.jsonl`". */
const EXTENSION_ALONE =
  /^\.(?:[cm]?[jt]sx?|jsonl?|md|py|go|rs|ya?ml|toml|html?|css|csv|txt|svg|png|sql|sh|log|snap|lock|sample)$/

/** The claims of every task, in the order of `tasks`. `text` is the text that the document was read from. Linear but for the files of one task. */
export function claimsOf(document: SpecDocument, text: string): TaskClaims[] {
  const files = grouped(document.files)
  const symbols = grouped(document.symbols)
  return document.tasks.map((task, i) => {
    // What is only to be looked at was there before: that it still is shows nothing.
    const looking = LOOKING.test(task.text)
    const own = (symbols.get(i) ?? [])
      .filter(({ name }) => !looking || TEST_NAME.test(name))
      .map(({ name, call, place }): SymbolClaim => ({ name, call, place }))
    return { ...filesOf(task, files.get(i) ?? [], text), symbols: distinct(own, (s) => `${s.name}${s.call}`) }
  })
}

function grouped<T extends FileReference | SymbolReference>(items: readonly T[]): Map<number, T[]> {
  const found = new Map<number, T[]>()
  for (const item of items) {
    if (item.from.kind !== 'task') continue
    const list = found.get(item.from.index)
    if (list) list.push(item)
    else found.set(item.from.index, [item])
  }
  return found
}

function distinct<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.toReversed().map((item) => [key(item), item])).values()].toReversed()
}

function filesOf(
  task: Task,
  references: readonly FileReference[],
  text: string,
): Pick<TaskClaims, 'files' | 'unlookable'> {
  const looking = LOOKING.test(task.text)
  const taking = TAKING.test(task.text)
  const moving = MOVING.test(task.text)
  const making = MAKING.test(task.text)
  const found: FileClaim[] = []
  const unlookable: string[] = []
  let last: { readonly end: number; readonly context: boolean; readonly claim: FileClaim | null } | null = null
  for (const { target, place, action } of references) {
    const path = normalPath(target.replace(/^[([{<'"]+/, '')).replace(/^\/(?!\/)/, '')
    const before = text.slice(Math.max(task.place.start, place.start - 90), place.start)
    const between: string | null = last && last.end <= place.start ? text.slice(last.end, place.start) : null
    const chained: boolean = between !== null && CHAIN.test(between)
    if (OUTSIDE.test(target) || UNFINISHED.test(target) || EXTENSION_ALONE.test(target)) {
      unlookable.push(target)
      last = { end: place.end, context: true, claim: null }
      continue
    }
    const spec = SPEC_FILE.test(path) && !UPDATING.test(before)
    const from = /\bfrom\s+(?:the )?[`'"([*]*$/i.test(before)
    const said: boolean =
      chained && last ? last.context : CONTEXT.test(before) && !NOUN_IN.test(before) && !(from && taking)
    const context: boolean = action === 'mention' && (looking || spec || said)
    let claimed: FileClaim['action'] = NEW.test(before) || (making && !WRITTEN_OUT.test(before)) ? 'create' : 'change'
    if (action === 'new') claimed = 'create'
    else if (action === 'delete' || (DELETING.test(before) && !PART_OF.test(text.slice(place.end, place.end + 40))))
      claimed = 'delete'
    else if (chained && last?.claim) claimed = last.claim.action
    else if (moving && last?.claim && between !== null && ARROW.test(between)) {
      // What was moved is gone from where it was.
      const moved = found.indexOf(last.claim)
      if (moved >= 0) found[moved] = { ...last.claim, action: 'delete' }
      claimed = 'create'
    }
    const claim: FileClaim = { path, action: claimed, isTest: isTestPath(path), place }
    // A folder that is only spoken of: "where there is no `openspec/`".
    const spoken = target.endsWith('/') && claimed === 'change' && !INSIDE.test(before) && !chained
    if (!context && !spoken) found.push(claim)
    last = { end: place.end, context, claim: context ? null : claim }
  }
  return { files: targets(found), unlookable }
}

/** A bare name beside whole paths says again what a path says, or names what a program writes: the paths are what is promised. */
function targets(found: readonly FileClaim[]): FileClaim[] {
  const whole = found.filter(({ path }) => path.includes('/'))
  const kept = whole.length > 0 ? whole : found
  return distinct(kept, (claim) => claim.path)
}
