import { ACT_ALIASES, actRow, ACTS, commandOf, operationId, type Act } from '../packages/core/src/kernel/acts.ts'
import { ROLE_ALIASES, rolesFor } from '../packages/core/src/kernel/access.ts'
import { FLOW } from '../packages/core/src/delivery/flow.ts'
import { ONE_TX, STATES, type Entity, type Transition } from '../packages/core/src/delivery/states.ts'

/** What each reference page says of where it comes from. */
export const MADE_BY = '<!-- Made by `node tools/docs.ts` from packages/core; edit there. -->'

const cell = (text: string) => text.replaceAll('|', '\\|')
const row = (...cells: readonly string[]) => `| ${cells.map((text) => cell(text)).join(' | ')} |`
const code = (text: string) => `\`${text}\``

/** docs/reference/flow.md: the state tables of packages/core/src/delivery. */
export function flowPage(): string {
  const lines = [
    '# The flow',
    '',
    MADE_BY,
    '',
    'Every state of every entity, and every act that leads from one to another. A transition that is not in these tables is refused',
    'as `wrong-state`, with what would be possible. Each act writes its ledger event in its own transaction.',
    '',
    `"One transaction" in the last column means: ${ONE_TX.replace('one transaction: ', '')}.`,
  ]
  for (const entity of Object.keys(STATES) as Entity[]) lines.push('', ...entityLines(entity))
  return `${lines.join('\n')}\n`
}

function entityLines(entity: Entity): string[] {
  const rows: readonly Transition<Entity>[] = FLOW[entity]
  const arrows = rows.flatMap((r) => r.from.map((from) => `    ${from} --> ${r.to}: ${r.act}`))
  const touched = new Set<string>(rows.flatMap((r) => [...r.from, r.to]))
  const alone = STATES[entity].filter((state) => !touched.has(state))
  return [
    `## ${entity.replace('_', ' ')}`,
    '',
    `States: ${STATES[entity].map((state) => code(state)).join(', ')}.`,
    ...(alone.length > 0
      ? ['', `No act of this version leads to or from ${alone.map((s) => code(s)).join(', ')}.`]
      : []),
    '',
    '```mermaid',
    'stateDiagram-v2',
    ...arrows,
    '```',
    '',
    row('Act', 'From', 'To', 'Who', 'What must hold', 'Next job', 'What a crash leaves'),
    row('---', '---', '---', '---', '---', '---', '---'),
    ...rows.map((r) =>
      row(
        code(r.act),
        r.from.map((from) => code(from)).join(', '),
        code(r.to),
        r.who,
        r.guard,
        r.next === undefined ? '' : code(r.next),
        r.crash === ONE_TX ? 'one transaction' : r.crash,
      ),
    ),
  ]
}

/** docs/reference/acts.md: the table of acts and who may do them. */
export function actsPage(): string {
  const acts = Object.keys(ACTS) as Act[]
  const lines = [
    '# The acts',
    '',
    MADE_BY,
    '',
    "An act has one name. It is the ledger's event type, the permission, and the act in policy's input. The API's operation and the",
    "client's method are made from it, and so is the command. A governed act writes a ledger event in its transaction.",
    '',
    row('Act', 'What it does', 'Operation', 'Command', 'Lowest role', 'Governed'),
    row('---', '---', '---', '---', '---', '---'),
    ...acts.map((act) => {
      const { governed, summary } = actRow(act)
      const service = rolesFor(act).length === 0
      return row(
        code(act),
        summary,
        service ? '' : code(operationId(act)),
        service ? '' : code(`gatehouse ${commandOf(act)}`),
        rolesText(act),
        governed ? 'yes' : 'no',
      )
    }),
    '',
    'The roles, lowest first: `viewer`, `developer`, `maintainer`, `owner`. Who has a higher one may do all that a lower one may.',
    '`automation` is the role of a service token; it stands beside the ladder and may do only what names it here, and read.',
    'An act of "Gatehouse itself" is done by the worker or the broker; no token can ask for it.',
    '',
    '## Older names',
    '',
    row('On the wire', 'Means'),
    row('---', '---'),
    ...Object.entries(ACT_ALIASES).map(([alias, act]) => row(code(alias), `the act ${code(act)}`)),
    ...Object.entries(ROLE_ALIASES).map(([alias, role]) => row(code(alias), `the role ${code(role)}`)),
  ]
  return `${lines.join('\n')}\n`
}

function rolesText(act: Act): string {
  const roles = rolesFor(act)
  const [lowest] = roles
  if (lowest === undefined) return 'Gatehouse itself'
  return roles.includes('automation') && lowest !== 'viewer' ? `${code(lowest)}, ${code('automation')}` : code(lowest)
}
