import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { buildBundle } from '@gatehouse/bundle/bundle-build'
import { pushBundle } from '@gatehouse/bundle/bundle-push'
import { parseReference, referenceText } from '@gatehouse/bundle/reference'
import { Problem } from '@gatehouse/core/kernel/problems'
import { GOVERNANCE_ENTRYPOINT } from '@gatehouse/rego/opa-build'
import { openPolicyFolder } from '@gatehouse/rego/policy-folder'
import type { Command } from 'commander'
import { addCommand, argument, type Session } from '../../command.ts'
import type { Host } from '../../host.ts'
import { fields } from '../../table.ts'
import { addOpaOption, opaOf, shownPath } from './policy-files.ts'
import { registryOptions, storeOf } from './policy-registry.ts'

const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/

/** `gatehouse policy push`. */
export function addPolicyPush(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'push <source> <reference>',
    act: null,
    summary: 'Build policies into a bundle and push it as an OCI artifact',
    about:
      'The source is a folder of policies (policies, data, tests, manifest.json), which OPA tests and compiles, or a bundle that is built ' +
      'already. The reference is host/repository:tag, or oci:folder:tag for an OCI layout. The bundle is first accepted here as it will be where ' +
      'it is used: its limits, its builtins, its tests. What is told is the digest: sign that, and configure that.',
    configure: (command) => {
      // No --version: that is the program's own.
      command.option('--release <n>', 'the version: a whole number that grows with each release (needed)')
      command.option('--commit <sha>', 'the commit that the policies are of')
      command.option(
        '--entrypoint <rule...>',
        `what can be asked; by default ${GOVERNANCE_ENTRYPOINT}, else what METADATA names`,
      )
      addOpaOption(command)
      registryOptions(command)
    },
    examples: [
      ['gatehouse policy push policy/governance ghcr.io/acme/policy:main --release 12', 'test, build and push'],
      ['gatehouse policy push policy/governance oci:dist:main --release 12', 'into an OCI layout folder'],
      ['gatehouse policy push bundle.tar.gz ghcr.io/acme/policy:main --release 12', 'a bundle built before'],
      [
        'gatehouse policy push rules oci:dist:main --release 1 --entrypoint release/verdict',
        'policies of your own, which answer something else',
      ],
    ],
    run: async (session, args) => {
      const { options, style } = session
      const reference = parseReference(argument(args, 1))
      if (reference.digest !== null) throw new Problem('usage', 'what is pushed has no digest yet: give a tag')
      const version = options.whole('release', 1, Number.MAX_SAFE_INTEGER)
      if (version === null)
        throw new Problem('usage', '--release is needed: a whole number, greater than that of the last release')
      const commit = options.text('commit')
      if (commit !== null && !COMMIT.test(commit))
        throw new Problem('usage', `--commit ${commit}: a whole commit id is needed`)
      const layer = await layerOf(session, argument(args, 0))
      session.progress(`pushing to ${referenceText(reference)}`)
      const store = storeOf(session, reference)
      const pushed = await pushBundle(store, layer, { version, sourceCommit: commit, tag: reference.tag })
      const pinned = referenceText({ ...reference, tag: null, digest: pushed.digest })
      const document = { reference: pinned, tag: reference.tag, source_commit: commit, ...pushed }
      const text = fields(
        [
          ['reference', pinned, style.bold],
          ['tag', reference.tag],
          ['version', version],
          ['commit', commit],
          ['entrypoints', pushed.entrypoints.join(', ')],
          ['tests', `${pushed.tests} passed`],
          ['size', `${pushed.size} bytes`],
        ],
        style,
      )
      return { document, text: `${style.good('Pushed')}\n${text}` }
    },
  })
}

/** The bundle's bytes: read where a file is named, built where a folder is. */
async function layerOf(session: Session, source: string): Promise<Buffer> {
  const { host, options } = session
  const path = resolve(host.cwd, source)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) throw new Problem('usage', `${source} is not there; name a folder of policies or a bundle`)
  const entrypoints = options.texts('entrypoint')
  if (found.isFile()) {
    if (entrypoints.length > 0)
      throw new Problem('usage', `--entrypoint goes with a folder: ${source} is built already, and has its own`)
    return await readFile(path).catch((error: Error) => {
      throw new Problem('usage', `${source} cannot be read: ${error.message}`)
    })
  }
  const opa = await opaOf(session)
  session.progress(`testing and building ${source} with OPA ${opa.version}`)
  const folder = openPolicyFolder(path)
  const built = await buildBundle(path, {
    opa: opa.path,
    signal: host.signal,
    entrypoints,
    shown: (file) => (folder.ok ? shownPath(session, folder.value, file) : file),
  })
  return built.layer
}
