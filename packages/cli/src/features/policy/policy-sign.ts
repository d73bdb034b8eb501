import { DEFAULT_BUNDLE_LIMITS } from '@gatehouse/bundle/bundle-limits'
import { identityToken } from '@gatehouse/bundle/identity-token'
import { parseReference, pinnedDigest, referenceText } from '@gatehouse/bundle/reference'
import { PUBLIC_SERVICES, signDigest, type SigningIdentity } from '@gatehouse/bundle/signature-make'
import { attachSignature } from '@gatehouse/bundle/signature-attachment'
import { needsPassword, readPrivateKey } from '@gatehouse/bundle/signing-key'
import type { Command } from 'commander'
import { addCommand, argument, type Session } from '../../command.ts'
import type { Host } from '../../host.ts'
import { fields } from '../../table.ts'
import { givenFile, registryOptions, serviceUrl, storeOf } from './policy-registry.ts'

/** `gatehouse policy sign`. */
export function addPolicySign(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'sign <reference>',
    act: null,
    summary: 'Sign a pushed policy bundle by its digest',
    about:
      'Without --key it signs keyless: the OIDC token of the job (GitHub Actions with id-token: write, or SIGSTORE_ID_TOKEN) becomes a ' +
      'certificate of ten minutes, with an entry in the transparency log and a timestamp. With --key (PEM, or cosign.key with COSIGN_PASSWORD) ' +
      'the log and the timestamp are added where --rekor-url and --tsa-url are given. The signature is what "cosign sign" makes and "cosign verify" reads.',
    configure: (command) => {
      command.option('--key <file>', 'sign with this private key: ECDSA P-256 or Ed25519')
      command.option('--fulcio-url <url>', `who makes certificates (default ${PUBLIC_SERVICES.fulcioUrl})`)
      command.option(
        '--rekor-url <url>',
        `transparency log, Rekor v1 (default without --key ${PUBLIC_SERVICES.rekorUrl})`,
      )
      command.option('--tsa-url <url>', `timestamp authority (default without --key ${PUBLIC_SERVICES.tsaUrl})`)
      registryOptions(command)
    },
    examples: [
      ['gatehouse policy sign ghcr.io/acme/policy@sha256:...', 'keyless, in a CI job'],
      ['gatehouse policy sign ghcr.io/acme/policy@sha256:... --key cosign.key', 'with a key'],
    ],
    run: async (session, args) => {
      const { style, host } = session
      const reference = parseReference(argument(args, 0))
      const digest = pinnedDigest(reference)
      const store = storeOf(session, reference)
      const { bytes } = await store.manifest(digest, DEFAULT_BUNDLE_LIMITS.maxDocumentBytes)
      const keyFile = session.options.text('key')
      const publicOnes = keyFile === null ? PUBLIC_SERVICES : null
      const rekorUrl = serviceUrl(session, 'rekorUrl', '--rekor-url', publicOnes?.rekorUrl ?? null)
      const tsaUrl = serviceUrl(session, 'tsaUrl', '--tsa-url', publicOnes?.tsaUrl ?? null)
      const identity = keyFile === null ? await keyless(session) : await byKey(session, keyFile)
      const signature = await signDigest(digest, identity, { rekorUrl, tsaUrl })
      await attachSignature(store, bytes, signature, new Date(host.now()))
      const pinned = referenceText({ ...reference, tag: null })
      const document = { reference: pinned, digest, keyless: keyFile === null, rekor_url: rekorUrl, tsa_url: tsaUrl }
      const text = fields(
        [
          ['reference', pinned],
          ['by', keyFile === null ? 'the identity of the OIDC token' : 'the key'],
          ['log', rekorUrl ?? 'none'],
          ['timestamp', tsaUrl ?? 'none'],
        ],
        style,
      )
      return { document, text: `${style.good('Signed')}\n${text}` }
    },
  })
}

async function keyless(session: Session): Promise<SigningIdentity> {
  const { host } = session
  const fulcioUrl = serviceUrl(session, 'fulcioUrl', '--fulcio-url', null) ?? PUBLIC_SERVICES.fulcioUrl
  const token = await identityToken(host.env, { fetch: host.fetch, signal: host.signal })
  return { kind: 'keyless', token, fulcioUrl }
}

async function byKey(session: Session, file: string): Promise<SigningIdentity> {
  const { host } = session
  const pem = givenFile(session, '--key', file)
  const set = host.env['COSIGN_PASSWORD'] ?? null
  const ask = set === null && needsPassword(pem) && host.canAsk
  const password = ask ? await host.ask('Password of the key: ', true) : set
  return { kind: 'key', key: readPrivateKey(pem, needsPassword(pem) ? password : null) }
}
