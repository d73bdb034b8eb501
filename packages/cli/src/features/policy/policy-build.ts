import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { Problem } from '@gatehouse/core/kernel/problems'
import { loadBundle } from '@gatehouse/rego/rego'
import { parseModule } from '@gatehouse/rego/mutation/rego-module'
import { buildCapabilities, buildPlan, GOVERNANCE_ENTRYPOINT } from '@gatehouse/rego/opa-build'
import type { Opa } from '@gatehouse/rego/opa-command'
import { ignoreOptions, readPolicyFile, type PolicyFolder } from '@gatehouse/rego/policy-folder'
import type { Command } from 'commander'
import { cleanLine } from '../../clean-text.ts'
import { addCommand, type Session } from '../../command.ts'
import type { Host } from '../../host.ts'
import { fields, table } from '../../table.ts'
import { addOpaOption, askOpa, compileErrors, invalidPolicies, opaOf, policyFolder, valueOf } from './policy-files.ts'

interface BuiltFile {
  readonly path: string
  readonly bytes: number
  readonly sha256: string
  readonly state: 'written' | 'unchanged' | 'differs' | 'missing'
}

export interface BuiltPolicy {
  readonly plan: string
  readonly data: Json
  readonly manifest: Manifest
  readonly capabilities: string
  readonly entrypoints: readonly string[]
}

interface Manifest {
  readonly revision: string
  readonly roots: readonly string[]
  readonly [member: string]: unknown
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
      const { options, host, style, columns } = session
      const folder = policyFolder(session, args[0])
      const opa = await opaOf(session)
      const built = await buildPolicy(session, opa, folder, options.texts('entrypoint'), options.text('revision'))
      const output = resolve(host.cwd, options.text('output') ?? folder.root)
      const texts: [string, string][] = [
        ['plan.json', built.plan],
        ['manifest.json', json(built.manifest)],
        ['capabilities.json', built.capabilities],
      ]
      if (output !== folder.root || !folder.isBundle) texts.push(['data/data.json', json(built.data)])
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
  const packages = packagesOf(folder)
  const named = wished.length === 0 && packages.has('gatehouse') ? [GOVERNANCE_ENTRYPOINT] : wished
  const plan = await buildPlan(opa.path, folder, capabilities, named, signal)
  if (!plan.ok) {
    if (plan.code !== 'policy-invalid') return valueOf(plan)
    if (/entrypoint/.test(plan.detail) && !plan.detail.includes('.rego:'))
      throw new Problem('policy-invalid', `${plan.detail}; name one with --entrypoint package/rule`)
    // Asked again with structure: file, line and column of each error.
    const tests = folder.isBundle ? [] : ['--ignore', '*_test.rego']
    const check = ['check', '--format', 'json', ...ignoreOptions(folder), ...tests, ...folder.shipped]
    const said = await askOpa(session, opa, folder, check)
    const text = { exit: 1, stdout: '', stderr: plan.detail }
    throw invalidPolicies(compileErrors(session, folder, said.exit === 0 ? text : said))
  }
  const { data } = plan.value
  const roots = new Set([...packages, ...Object.keys(data as object)].map((name) => name.split('.')[0] ?? name))
  const manifest = manifestOf(folder, roots, revision)
  const loaded = loadBundle({ plan: JSON.parse(plan.value.plan) as unknown, data, manifest: manifest as Json })
  if (!loaded.ok) throw new Problem('policy-bundle-unreadable', `What was built is refused: ${loaded.detail}`)
  return { plan: plan.value.plan, data, manifest, capabilities, entrypoints: loaded.value.entrypoints }
}

function packagesOf(folder: PolicyFolder): Set<string> {
  return new Set(
    folder.policies.map((file) => {
      try {
        return parseModule(readPolicyFile(folder, file)).packageName
      } catch {
        // OPA says what is wrong with it, better than we could.
        return ''
      }
    }),
  )
}

function manifestOf(folder: PolicyFolder, needed: ReadonlySet<string>, revision: string | null): Manifest {
  const path = join(folder.root, 'manifest.json')
  const roots = [...needed].filter((root) => root !== '').toSorted()
  if (!existsSync(path)) return { revision: revision ?? '', roots, rego_version: 1 }
  let manifest: Manifest
  try {
    manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest
  } catch (error) {
    throw new Problem(
      'policy-bundle-unreadable',
      `${path} is no JSON: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  const claimed = Array.isArray(manifest.roots) ? manifest.roots.map(String) : ['']
  const outside = roots.find((root) => !claimed.some((claim) => claim === '' || claim.split('/')[0] === root))
  if (outside !== undefined)
    throw new Problem(
      'policy-bundle-unreadable',
      `${path}: "${outside}" of the policies or data is not under its roots (${claimed.join(', ')})`,
    )
  return { ...manifest, revision: revision ?? (typeof manifest.revision === 'string' ? manifest.revision : '') }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

function put({ host }: Session, path: string, text: string, check: boolean): BuiltFile {
  const old = existsSync(path) ? readFileSync(path, 'utf8') : null
  const shown = relative(host.cwd, path)
  const file = {
    path: cleanLine(shown.startsWith('..') ? path : shown),
    bytes: Buffer.byteLength(text),
    sha256: createHash('sha256').update(text).digest('hex'),
  }
  // The manifest is written by people: only what it says counts, not how its JSON is laid out.
  if (old === text || (old !== null && path.endsWith('manifest.json') && sameJson(old, text)))
    return { ...file, state: 'unchanged' }
  if (check) return { ...file, state: old === null ? 'missing' : 'differs' }
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return { ...file, state: 'written' }
}

function sameJson(a: string, b: string): boolean {
  return JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(b))
}
