import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { chosenEntrypoints, NAME_AN_ENTRYPOINT } from '@gatehouse/bundle/bundle-entrypoints'
import { bundleManifest, type BundleManifest } from '@gatehouse/bundle/bundle-manifest'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { Problem } from '@gatehouse/core/kernel/problems'
import { makeFolder } from '@gatehouse/rego/folder-make'
import { loadBundle } from '@gatehouse/rego/rego'
import { buildCapabilities, buildPlan, GOVERNANCE_ENTRYPOINT } from '@gatehouse/rego/opa-build'
import type { Opa } from '@gatehouse/rego/opa-command'
import { ignoreOptions, type PolicyFolder } from '@gatehouse/rego/policy-folder'
import type { Command } from 'commander'
import { cleanLine } from '../../clean-text.ts'
import { addCommand, type Session } from '../../command.ts'
import type { Host } from '../../host.ts'
import { fields, table } from '../../table.ts'
import {
  addOpaOption,
  askOpa,
  compileErrors,
  invalidPolicies,
  mustHaveNoLinks,
  mustHavePolicies,
  opaOf,
  policyFolder,
  valueOf,
} from './policy-files.ts'

interface BuiltFile {
  readonly path: string
  readonly bytes: number
  readonly sha256: string
  readonly state: 'written' | 'unchanged' | 'differs' | 'missing'
}

export interface BuiltPolicy {
  readonly plan: string
  readonly data: Json
  readonly manifest: BundleManifest
  readonly capabilities: string
  readonly entrypoints: readonly string[]
}

export function addPolicyBuild(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'build [path]',
    act: null,
    summary: 'Compile policies to the plan that is evaluated',
    about:
      'Writes plan.json, manifest.json and capabilities.json. The same files and the same OPA give the same bytes. What is built is loaded once, so that what ' +
      'the evaluator would refuse is refused here. Without a path it is policy/governance.',
    configure: (command) => {
      command.option('--output <folder>', 'where to write; by default the folder of the policies')
      command.option('--check', 'write nothing; fail where a file is not what would be built')
      command.option('--revision <text>', 'revision in the manifest; by default the one it has')
      command.option(
        '--entrypoint <rule...>',
        `what can be asked; by default ${GOVERNANCE_ENTRYPOINT}, else what METADATA names`,
      )
      addOpaOption(command)
    },
    examples: [
      ['gatehouse policy build', 'the policies of this repository'],
      ['gatehouse policy build --check', 'for CI: was it built?'],
      ['gatehouse policy build rules --output dist', 'from one folder to another'],
    ],
    run: async (session, args) => {
      const { options, style, columns } = session
      const folder = policyFolder(session, args[0])
      const opa = await opaOf(session)
      const built = await buildPolicy(session, opa, folder, options.texts('entrypoint'), options.text('revision'))
      const output = outputOf(session, folder)
      const texts: [string, string][] = [
        ['plan.json', built.plan],
        ['manifest.json', json(built.manifest)],
        ['capabilities.json', built.capabilities],
      ]
      // In its own folder the data lies already, in the files it is made of.
      if (output !== folder.root) texts.push(['data/data.json', json(built.data)])
      const check = options.flag('check')
      const files = texts.map(([name, text]) => put(session, join(output, name), text, check))
      const ok = files.every(({ state }) => state === 'written' || state === 'unchanged')
      const { revision, roots } = built.manifest
      const document = { ok, opa_version: opa.version, revision, roots, entrypoints: built.entrypoints, files }
      const rows = table(
        files,
        [
          { header: 'File', value: (f) => f.path, flex: true },
          { header: 'State', value: (f) => f.state },
          { header: 'Bytes', value: (f) => f.bytes, right: true },
          { header: 'SHA-256', value: (f) => f.sha256 },
        ],
        { columns, style, empty: '' },
      )
      const head = fields(
        [
          ['revision', revision === '' ? '(none)' : revision],
          ['roots', roots.join(', ')],
          ['entrypoints', built.entrypoints.join(', ')],
          ['OPA', opa.version],
        ],
        style,
      )
      const end = ok ? '' : `\n${style.bad('Not what would be built')}: run gatehouse policy build\n`
      return { document, text: `${head}\n${rows}${end}`, exit: ok ? 0 : 4 }
    },
  })
}

/** Where to write. Not where OPA looks for policies and data: the next build would read what this one wrote. */
function outputOf({ host, options }: Session, folder: PolicyFolder): string {
  const given = options.text('output')
  if (given === null) return folder.root
  const output = resolve(host.cwd, given)
  const inside = relative(folder.root, output)
  const [part = ''] = inside.split(sep)
  const read = folder.isBundle ? folder.all.includes(part) : inside !== '' && !isAbsolute(inside)
  if (read && !part.startsWith('.'))
    throw new Problem(
      'usage',
      `--output ${given} lies among the policies, where data.json would be read as theirs; name a folder outside of ${folder.root}`,
    )
  return output
}

/** Compiles a folder and loads what came out. Problems name file and line. */
export async function buildPolicy(
  session: Session,
  opa: Opa,
  folder: PolicyFolder,
  wished: readonly string[] = [],
  revision: string | null = null,
): Promise<BuiltPolicy> {
  const { signal } = session.host
  const capabilities = valueOf(await buildCapabilities(opa.path, signal))
  mustHavePolicies(folder)
  mustHaveNoLinks(folder)
  const named = valueOf(chosenEntrypoints(folder, wished))
  const plan = await buildPlan(opa.path, folder, capabilities, named, signal)
  if (!plan.ok) {
    if (plan.code !== 'policy-invalid') return valueOf(plan)
    if (/entrypoint/.test(plan.detail) && !plan.detail.includes('.rego:'))
      throw new Problem('policy-invalid', `${plan.detail}; ${NAME_AN_ENTRYPOINT}`)
    // Asked again with structure: file, line and column of each error.
    const tests = folder.isBundle ? [] : ['--ignore', '*_test.rego']
    const check = ['check', '--format', 'json', ...ignoreOptions(folder), ...tests, ...folder.shipped]
    const said = await askOpa(session, opa, folder, check)
    const text = { exit: 1, stdout: '', stderr: plan.detail }
    throw invalidPolicies(compileErrors(session, folder, said.exit === 0 ? text : said))
  }
  const { data } = plan.value
  const manifest = valueOf(bundleManifest(folder, data, revision))
  const loaded = loadBundle({ plan: JSON.parse(plan.value.plan) as unknown, data, manifest: manifest as Json })
  if (!loaded.ok) throw new Problem('policy-bundle-unreadable', `What was built is refused: ${loaded.detail}`)
  return { plan: plan.value.plan, data, manifest, capabilities, entrypoints: loaded.value.entrypoints }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** A file of the output: what state it is in, written where it is not as it would be built. `usage` where it cannot be. */
function put({ host }: Session, path: string, text: string, check: boolean): BuiltFile {
  const shown = relative(host.cwd, path)
  const file = {
    path: cleanLine(shown.startsWith('..') ? path : shown),
    bytes: Buffer.byteLength(text),
    sha256: createHash('sha256').update(text).digest('hex'),
  }
  try {
    const old = existsSync(path) ? readFileSync(path, 'utf8') : null
    // The manifest is written by people: only what it says counts, not how its JSON is laid out.
    if (old === text || (old !== null && path.endsWith('manifest.json') && sameJson(old, text)))
      return { ...file, state: 'unchanged' }
    if (check) return { ...file, state: old === null ? 'missing' : 'differs' }
    makeFolder(dirname(path))
    writeFileSync(path, text)
  } catch (error) {
    throw new Problem(
      'usage',
      `${file.path} cannot be written: ${error instanceof Error ? error.message : String(error)}; name a folder that you may write with --output`,
    )
  }
  return { ...file, state: 'written' }
}

/** Whether a file says the same as the text; one that is no JSON does not. */
function sameJson(old: string, text: string): boolean {
  try {
    return JSON.stringify(JSON.parse(old)) === JSON.stringify(JSON.parse(text))
  } catch {
    return false
  }
}
