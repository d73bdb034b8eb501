import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { policyFacts, readManifest } from '@gatehouse/bundle/artifact'
import { copyBundle } from '@gatehouse/bundle/bundle-copy'
import { DEFAULT_BUNDLE_LIMITS } from '@gatehouse/bundle/bundle-limits'
import { parseReference, pinnedDigest, referenceText } from '@gatehouse/bundle/reference'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { fields } from '../../table.ts'
import { registryOptions, storeOf } from './policy-registry.ts'

/** `gatehouse policy pull`. */
export function addPolicyPull(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'pull <reference> <target>',
    act: null,
    summary: 'Copy a policy bundle and its signatures by digest',
    about:
      'The target is oci:folder[:tag], an OCI layout that "policy verify" reads without any network, another registry, or a file for the ' +
      'bundle alone, as OPA reads it (bundle.tar.gz). Digests are checked; who signed is for "policy verify" to say.',
    configure: registryOptions,
    examples: [
      ['gatehouse policy pull ghcr.io/acme/policy@sha256:... oci:dist:main', 'with signatures, to carry elsewhere'],
      ['gatehouse policy pull ghcr.io/acme/policy@sha256:... bundle.tar.gz', 'for opa run -b bundle.tar.gz'],
    ],
    run: async (session, args) => {
      const { style } = session
      const reference = parseReference(argument(args, 0))
      const digest = pinnedDigest(reference)
      const target = argument(args, 1)
      const from = storeOf(session, reference)
      if (/\.(?:tar\.gz|tgz)$/.test(target)) {
        const { bytes } = await from.manifest(digest, DEFAULT_BUNDLE_LIMITS.maxDocumentBytes)
        const { layer } = policyFacts(readManifest(bytes))
        const content = await from.blob(layer, DEFAULT_BUNDLE_LIMITS.maxLayerBytes)
        await writeFile(resolve(session.host.cwd, target), content).catch((error: Error) => {
          throw new Problem('usage', `${target} cannot be written: ${error.message}`)
        })
        const document = { digest, target, size: content.length, signatures: null }
        const text = fields(
          [
            ['digest', digest],
            ['file', target],
            ['size', `${content.length} bytes`],
          ],
          style,
        )
        return { document, text: `${style.good('Pulled')}\n${text}` }
      }
      const to = parseReference(target)
      if (to.digest !== null)
        throw new Problem('usage', `${target}: the digest stays what it is; give a tag, or nothing`)
      const copied = await copyBundle(from, storeOf(session, to), digest, to.tag)
      const pinned = referenceText({ ...to, tag: null, digest })
      const document = { digest, target: pinned, tag: to.tag, signatures: copied.signatures }
      const text = fields(
        [
          ['reference', pinned, style.bold],
          ['tag', to.tag],
          ['signatures', copied.signatures],
        ],
        style,
      )
      return { document, text: `${style.good('Pulled')}\n${text}` }
    },
  })
}
