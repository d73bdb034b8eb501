// Plain JavaScript for Node 18 and newer: what the commands and the workflow's steps of this extension run.
//   node gate.mjs lint | evidence | gate      the feature in work; gate is both
//   node gate.mjs trace FR-001 [options]
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { delimiter, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const FOLDER = join('.specify', 'extensions', 'gatehouse')
const DEFAULTS = {
  command: 'gatehouse',
  scope: 'feature',
  lint_fail_on: 'error',
  evidence_fail_on: 'contradicted',
  junit: '',
}
const CHOICES = {
  scope: ['feature', 'project'],
  lint_fail_on: ['error', 'warning', 'note', 'never'],
  evidence_fail_on: ['contradicted', 'unshown', 'partly', 'never'],
}

/** Told without a stack; `code` is how the process ends. */
class Refusal extends Error {
  constructor(code, message) {
    super(message)
    this.code = code
  }
}

/** The top of the project: where this extension is installed, else the nearest `.specify` above where we stand. */
function projectRoot() {
  const own = resolve(dirname(fileURLToPath(import.meta.url)), '..')
  if (own.endsWith(`${sep}${FOLDER}`)) return own.slice(0, -FOLDER.length - 1)
  for (let at = process.cwd(); ; at = dirname(at)) {
    if (existsSync(join(at, '.specify'))) return at
    if (dirname(at) === at) throw new Refusal(2, 'there is no .specify here or above: run it in a project of spec-kit')
  }
}

/** Defaults, then the project's file, then this machine's, then the environment. Flat on purpose: what is not understood is refused. */
function configOf(root) {
  const config = { ...DEFAULTS }
  for (const name of ['gatehouse-config.yml', 'local-config.yml']) {
    const file = join(FOLDER, name)
    if (existsSync(join(root, file))) Object.assign(config, parse(readFileSync(join(root, file), 'utf8'), file))
  }
  for (const key of Object.keys(DEFAULTS)) {
    const said = process.env[`SPECKIT_GATEHOUSE_${key.toUpperCase()}`]
    if (said !== undefined) config[key] = said
  }
  for (const [key, allowed] of Object.entries(CHOICES))
    if (!allowed.includes(config[key]))
      throw new Refusal(2, `${key} is "${config[key]}": ${allowed.join(', ')} is needed`)
  return config
}

function parse(text, file) {
  const found = {}
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#.*)?$/.test(line) || line === '---') continue
    const [, key, double, single, plain] =
      /^([a-z_]+):(?:\s+(?:"([^"\\]*)"|'([^']*)'|([^\s"'#][^#]*?)))?\s*(?:\s#.*)?$/.exec(line) ?? []
    if (key === undefined || !Object.hasOwn(DEFAULTS, key))
      throw new Refusal(
        2,
        `${file}:${i + 1} is not understood: one of ${Object.keys(DEFAULTS).join(', ')}, then a colon and a value`,
      )
    found[key] = double ?? single ?? plain ?? ''
  }
  return found
}

/** The folder of the feature in work, from the top of the project, as spec-kit's own scripts find it; null where there is none. */
function featureOf(root) {
  let said = process.env.SPECIFY_FEATURE_DIRECTORY ?? ''
  const file = join(root, '.specify', 'feature.json')
  if (said === '' && existsSync(file)) {
    try {
      said = JSON.parse(readFileSync(file, 'utf8')).feature_directory ?? ''
    } catch (error) {
      throw new Refusal(2, `.specify/feature.json is no JSON: ${error.message}`)
    }
  }
  if (typeof said !== 'string' || said === '') return null
  const path = relative(root, isAbsolute(said) ? said : join(root, said))
  if (path.startsWith('..') || isAbsolute(path))
    throw new Refusal(2, `the feature's folder ${said} is outside of the project`)
  if (statSync(join(root, path), { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new Refusal(
      2,
      `the feature's folder ${said} is not there: run the specify command, or set SPECIFY_FEATURE_DIRECTORY`,
    )
  return path === '' ? null : path
}

/** Runs `gatehouse spec`; a program is looked for beside the project's own packages too. Gives its exit code. */
function gatehouse(root, command, words) {
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}${delimiter}${join(root, 'node_modules', '.bin')}` }
  const program = /[\\/]/.test(command) ? resolve(root, command) : command
  const isScript = /\.m?js$/.test(program)
  if (isScript && !existsSync(program)) throw new Refusal(1, `command: there is no file ${program}`)
  const call = isScript ? [process.execPath, [program, 'spec', ...words]] : [program, ['spec', ...words]]
  const ran = spawnSync(...call, { cwd: root, env, stdio: 'inherit' })
  if (ran.error?.code === 'ENOENT' || ran.error?.code === 'EACCES')
    throw new Refusal(
      1,
      `"${command}" is not a program here: install Gatehouse, or name its packages/cli/bin/gatehouse.js as command in ${join(FOLDER, 'gatehouse-config.yml')} or SPECKIT_GATEHOUSE_COMMAND`,
    )
  if (ran.error) throw new Refusal(1, `"${command}" does not start: ${ran.error.message}`)
  return ran.status ?? 1
}

function lint(root, config, target) {
  return gatehouse(root, config.command, ['lint', `--fail-on=${config.lint_fail_on}`, '--', target])
}

function evidence(root, config, target) {
  const words = ['evidence', `--fail-on=${config.evidence_fail_on}`]
  if (config.junit !== '') {
    if (existsSync(join(root, config.junit))) words.push(`--junit=${config.junit}`)
    else process.stdout.write(`note ${config.junit} is not there: tasks that name tests are shown in part at best\n`)
  }
  return gatehouse(root, config.command, [...words, '--', target])
}

function main([act, ...words]) {
  const root = projectRoot()
  const config = configOf(root)
  if (act === 'trace') return gatehouse(root, config.command, ['trace', ...words])
  if (words.length > 0) throw new Refusal(2, `${act} takes no arguments; the feature in work is looked at`)
  const feature = config.scope === 'project' ? null : featureOf(root)
  if (feature === null && config.scope === 'feature')
    process.stdout.write('note no feature is in work: all specifications are looked at\n')
  const target = feature ?? '.'
  if (act === 'lint') return lint(root, config, target)
  if (act === 'evidence') return evidence(root, config, target)
  if (act !== 'gate') throw new Refusal(2, 'lint, evidence, gate or trace is needed')
  // Both are told at once, and what broke is graver than what was found.
  const codes = [lint(root, config, target), evidence(root, config, target)]
  return codes.find((code) => code !== 0 && code !== 4) ?? Math.max(...codes)
}

try {
  process.exitCode = main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  process.stderr.write(`gatehouse: ${error.message}\n`)
  process.exitCode = error.code
}
