import { DEFAULT_BUNDLE_LIMITS } from '@gatehouse/bundle/bundle-limits'
import { identityToken } from '@gatehouse/bundle/identity-token'
import { parseReference, pinnedDigest, referenceText } from '@gatehouse/bundle/reference'
import { PUBLIC_SERVICES, signDigest, type SigningIdentity } from '@gatehouse/bundle/signature-make'
import { readSigningConfig, type ChosenServices } from '@gatehouse/bundle/signing-config'
import { attachSignature } from '@gatehouse/bundle/signature-attachment'
import { needsPassword, readPrivateKey } from '@gatehouse/bundle/signing-key'
import { Problem } from '@gatehouse/core/kernel/problems'
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
      'the log and the timestamp are added where --rekor-url and --tsa-url are given. Services can also come from cosign’s signing_config.json ' +
      '(--signing-config); that is how a log of Rekor v2 is named. The signature is what "cosign sign" makes and "cosign verify" reads.',
    configure: (command) => {
      command.option('--key <file>', 'sign with this private key: ECDSA P-256, P-384, P-521, RSA or Ed25519')
      command.option(
        '--signing-config <file>',
        'signing_config.json: certificate authority, logs and timestamp authorities',
      )
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
      [
        'gatehouse policy sign ghcr.io/acme/policy@sha256:... --signing-config signing_config.json',
        'keyless, with the services that the file names (Rekor v2)',
      ],
    ],
    run: async (session, args) => {
      const { style, host } = session
      const reference = parseReference(argument(args, 0))
      const digest = pinnedDigest(reference)
      const store = storeOf(session, reference)
      const { bytes } = await store.manifest(digest, DEFAULT_BUNDLE_LIMITS.maxDocumentBytes)
      const keyFile = session.options.text('key')
      const services = servicesOf(session, keyFile === null)
      const identity = keyFile === null ? await keyless(session, services) : await byKey(session, keyFile)
      const signature = await signDigest(digest, identity, services)
      await attachSignature(store, bytes, signature, new Date(host.now()))
      const pinned = referenceText({ ...reference, tag: null })
      const { logs, timestampUrls } = services
      const document = { reference: pinned, digest, keyless: keyFile === null, logs, timestamp_urls: timestampUrls }
      const text = fields(
        [
          ['reference', pinned],
          ['by', keyFile === null ? 'the identity of the OIDC token' : 'the key'],
          ['log', logs.map(({ url, version }) => `${url} (v${version})`).join(', ') || 'none'],
          ['timestamp', timestampUrls.join(', ') || 'none'],
        ],
        style,
      )
      return { document, text: `${style.good('Signed')}\n${text}` }
    },
  })
}

const URL_OPTIONS = ['fulcioUrl', 'rekorUrl', 'tsaUrl'] as const

/** From the signing config, else from the URLs; keyless without any of them means sigstore’s public ones. */
function servicesOf(session: Session, isKeyless: boolean): ChosenServices {
  const { options, host } = session
  const file = options.text('signingConfig')
  if (file !== null) {
    if (URL_OPTIONS.some((name) => options.text(name) !== null))
      throw new Problem('usage', 'give --signing-config, or --fulcio-url, --rekor-url and --tsa-url, not both')
    return readSigningConfig(givenFile(session, '--signing-config', file), new Date(host.now()))
  }
  const usual = isKeyless ? PUBLIC_SERVICES : null
  const fulcioUrl = serviceUrl(session, 'fulcioUrl', '--fulcio-url', usual?.fulcioUrl ?? null)
  const rekorUrl = serviceUrl(session, 'rekorUrl', '--rekor-url', usual?.rekorUrl ?? null)
  const tsaUrl = serviceUrl(session, 'tsaUrl', '--tsa-url', usual?.tsaUrl ?? null)
  return {
    fulcioUrl,
    logs: rekorUrl === null ? [] : [{ url: rekorUrl, version: 1 }],
    timestampUrls: tsaUrl === null ? [] : [tsaUrl],
  }
}

async function keyless(session: Session, { fulcioUrl }: ChosenServices): Promise<SigningIdentity> {
  const { host } = session
  if (fulcioUrl === null)
    throw new Problem(
      'signing-failed',
      'The signing config names no certificate authority (caUrls); add one, or sign with --key.',
    )
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
