// A coding agent without a model: it renames the field `weight` (kilograms) to `weightGrams` (whole grams) in the
// checkout it stands in. First it does just that. Told that a test of old callers fails, it keeps `weight` working too.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const task = JSON.parse(readFileSync(process.env.GATEHOUSE_TASK ?? '/agent/task.json', 'utf8'))
const root = process.cwd()
const changed = []

function filesBelow(folder, ending) {
  if (!existsSync(path.join(root, folder))) return []
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile() && e.name.endsWith(ending))
    .map((e) => path.join(path.relative(root, e.parentPath ?? e.path), e.name))
    .sort()
}

/** Applies [pattern, replacement] pairs to a file, and writes it only when its text is another one. */
function rewrite(file, pairs) {
  const before = readFileSync(path.join(root, file), 'utf8')
  const after = pairs.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), before)
  if (after === before) return
  writeFileSync(path.join(root, file), after)
  if (!changed.includes(file)) changed.push(file)
}

/** `1.2` kilograms as whole grams, where the source says a number. */
const grams = (kilograms) => String(Math.round(Number(kilograms) * 1000))

const RENAME_IN_SOURCE = [
  [/Math\.round\((\w+)\.weight \* 1000\)/g, '$1.weightGrams'],
  [/\b(\w+)\.weight\b/g, '$1.weightGrams'],
  [/(?<!'weightGrams', )'weight'/g, "'weightGrams'"],
  [/(@property \{number\}) weight Kilograms\./g, '$1 weightGrams Whole grams.'],
  [/Number\.isFinite\(grams\)/g, 'Number.isSafeInteger(grams)'],
  [/'weight must be a positive number of kilograms'/g, "'weightGrams must be a positive whole number of grams'"],
  [/`weight must not be above/g, '`weightGrams must not be above'],
]

/** Where callers are source text: object literals with a number, a variable, or a shorthand. */
const RENAME_IN_CALLERS = [
  [/\bweight: (-?\d+(?:\.\d+)?)(?=[\s,})])/g, (_, number) => `weightGrams: ${grams(number)}`],
  [/\bweight: ([A-Za-z_$][\w$.]*)(?=[\s,})])/g, 'weightGrams: Math.round($1 * 1000)'],
  [/([{,] ?)weight(?= ?[,}])/g, '$1weightGrams: Math.round(weight * 1000)'],
]

const RENAME_IN_WORDS = [
  ...RENAME_IN_CALLERS,
  [/\| `weight` \| kilograms, at most ([\d.]+) \|/g, (_, number) => `| \`weightGrams\` | whole grams, at most ${Number(grams(number)).toLocaleString('en')} |`],
]

function rename() {
  for (const file of filesBelow('src', '.js')) rewrite(file, RENAME_IN_SOURCE)
  for (const file of filesBelow('test', '.js')) rewrite(file, RENAME_IN_CALLERS)
  if (existsSync(path.join(root, 'README.md'))) rewrite('README.md', RENAME_IN_WORDS)
}

/** Whether a failing test is about callers of before: it, or the file it stands in, speaks of the field by its old name. */
function breaksOldCallers(failing) {
  const tests = filesBelow('test', '.js').map((file) => readFileSync(path.join(root, file), 'utf8'))
  return failing.some(({ id, message }) => {
    const name = id.split(/::|#| > /).at(-1).trim()
    const fixtures = tests
      .filter((text) => text.includes(name))
      .flatMap((text) => [...text.matchAll(/['"](\.\/fixtures\/[^'"]+)['"]/g)])
      .map(([, file]) => path.join(root, 'test', file))
    return /\bweight\b/.test(message ?? '') || fixtures.some((f) => existsSync(f) && /"weight"/.test(readFileSync(f, 'utf8')))
  })
}

const BOTH_ACCEPTED = `const grams = gramsOf(parcel)`
const GRAMS_OF = `
/** \`weightGrams\`, or what older callers give: \`weight\` in kilograms. Both only when they agree. */
function gramsOf({ weightGrams, weight }) {
  if (weight === undefined) return weightGrams
  const grams = Math.round(weight * 1000)
  if (weightGrams !== undefined && weightGrams !== grams) {
    throw new RangeError('weightGrams and weight do not agree: give weightGrams alone')
  }
  return grams
}
`

const TESTS_FOR_BOTH = `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quote } from '../src/index.js'

const parcel = { from: 'DE', to: 'FR', length: 30, width: 20, height: 10 }

test('weightGrams and weight give the same quote', () => {
  for (const [kilograms, weightGrams] of [[0.001, 1], [0.5, 500], [1.2, 1200], [31.5, 31500]]) {
    assert.deepEqual(quote({ ...parcel, weightGrams }), quote({ ...parcel, ['weight']: kilograms }))
  }
})

test('both at once are taken when they agree, and refused when they do not', () => {
  assert.equal(quote({ ...parcel, weightGrams: 1200, ['weight']: 1.2 }).billableGrams, 1200)
  assert.throws(() => quote({ ...parcel, weightGrams: 1200, ['weight']: 1.3 }), { name: 'RangeError', message: /do not agree/ })
})

test('weightGrams that are not whole are refused', () => {
  assert.throws(() => quote({ ...parcel, weightGrams: 1200.5 }), { name: 'RangeError', message: /^weightGrams/ })
})
`

function acceptWeightToo() {
  for (const file of filesBelow('src', '.js')) {
    rewrite(file, [
      [/'weightGrams', (?!'weight',)/g, "'weightGrams', 'weight', "],
      [/^( \* @property \{number\}) weightGrams Whole grams\.$(?!\n.*\[weight\])/gm, '$1 weightGrams Whole grams.\n$1 [weight] Kilograms: the older name, still taken.'],
    ])
    const text = readFileSync(path.join(root, file), 'utf8')
    if (!/const grams = \w+\.weightGrams$/m.test(text)) continue
    rewrite(file, [
      [/const grams = \w+\.weightGrams$/m, BOTH_ACCEPTED],
      [/\n(\/\*\*[^\n]*\*\/\nexport function volumetricGrams)/, `${GRAMS_OF}\n$1`],
    ])
  }
  if (existsSync(path.join(root, 'README.md'))) {
    rewrite('README.md', [[/^(\| `weightGrams` \| [^\n]+ \|)$(?!\n\| `weight`)/m, '$1\n| `weight` | the older field: kilograms, the same price |']])
  }
  const added = 'test/weight-grams.test.js'
  if (!existsSync(path.join(root, added))) {
    writeFileSync(path.join(root, added), TESTS_FOR_BOTH)
    changed.push(added)
  }
}

/** Ticks what is done in the list of tasks, and nothing else: the validation looks for the work behind each tick. */
function tick(...ids) {
  for (const file of filesBelow('specs', 'tasks.md')) rewrite(file, ids.map((id) => [`- [ ] ${id} `, `- [x] ${id} `]))
}

rename()
tick('T001')
const failing = task.feedback?.failing_tests ?? []
const keeps = failing.length > 0 && breaksOldCallers(failing)
if (keeps) {
  acceptWeightToo()
  tick('T002', 'T003')
}

console.log(`${task.task_id}, attempt ${task.attempt}: ${task.title}`)
console.log(keeps ? 'renamed weight to weightGrams, and kept weight for older callers' : 'renamed weight to weightGrams')
for (const file of changed) console.log(`  changed ${file}`)
if (changed.length === 0) console.log('  nothing left to change')
