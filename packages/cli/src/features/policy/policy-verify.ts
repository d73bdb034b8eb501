import { verifyBundle } from '@gatehouse/bundle/bundle-verify'
import { parseReference, referenceText } from '@gatehouse/bundle/reference'
import { readTrustRoot, type SignerPolicy } from '@gatehouse/bundle/signature-verify'
import { readPublicKey } from '@gatehouse/bundle/signing-key'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Command } from 'commander'
import { addCommand, argument, type Session } from '../../command.ts'
import type { Host } from '../../host.ts'
import { fields, time } from '../../table.ts'
import { givenFile, registryOptions, storeOf } from './policy-registry.ts'

/** `gatehouse policy verify`. */
export function addPolicyVerify(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'verify <reference>',
    act: null,
    summary: 'Verify a policy bundle: who signed it, and that it may decide',
    about:
      'By digest only. The signer is named by --identity and --issuer, each whole and exact, with the --trusted-root that their certificates, log ' +
      'entries and timestamps are judged by; or by --key. Two trusted times are needed (log and timestamp authority) unless --timestamps says ' +
      'otherwise; with --key --without-timestamps the key alone counts. Then the bundle itself: limits, builtins, its tests. An oci:folder is ' +
      'verified without any network.',
    configure: (command) => {
      command.option(
        '--identity <san...>',
        'who may sign: the certificate’s whole subject alternative name; more than one may be given',
      )
      command.option('--issuer <url>', 'the OIDC issuer of that identity, whole')
      command.option('--trusted-root <file>', 'trusted_root.json')
      command.option('--key <file>', 'the public key that must have signed, such as cosign.pub')
      command.option('--without-timestamps', 'with --key: the signature of the key alone is enough')
      command.option('--timestamps <n>', 'trusted times of different authorities that are needed, 1 to 10 (default 2)')
      command.option(
        '--entrypoint <rule...>',
        'what the bundle must be able to answer, such as gatehouse/decision; without it what it answers is told',
      )
      command.option('--in-force <n>', 'the version that is in force: only a greater one is accepted')
      registryOptions(command)
    },
    examples: [
      [
        'gatehouse policy verify ghcr.io/acme/policy@sha256:... --identity https://github.com/acme/rules/.github/workflows/bundle.yml@refs/heads/main --issuer https://token.actions.githubusercontent.com --trusted-root trusted_root.json',
        'signed by this workflow, and by nothing else',
      ],
      [
        'gatehouse policy verify oci:dist@sha256:... --key cosign.pub --without-timestamps',
        'signed by this key; no network',
      ],
    ],
    run: async (session, args) => {
      const { options, style } = session
      const reference = parseReference(argument(args, 0))
      const signer = signerPolicy(session)
      const version = options.whole('inForce', 1, Number.MAX_SAFE_INTEGER)
      const { verified } = await verifyBundle(storeOf(session, reference), reference, {
        signer,
        inForce: version === null ? null : { version, digest: null },
        entrypoints: options.texts('entrypoint'),
      })
      const document = { reference: referenceText(reference), ...verified }
      const by = verified.signer
      const text = fields(
        [
          ['digest', verified.digest, style.bold],
          ['version', verified.version],
          ['commit', verified.source_commit],
          ['revision', verified.revision === '' ? null : verified.revision],
          ['signed by', by.identity ?? `the key ${by.key_hint ?? ''}`],
          ['issuer', by.issuer],
          ...by.times.map(
            ({ source, at }) => [source === 'transparency-log' ? 'logged' : 'timestamp', time(at)] as const,
          ),
          ['entrypoints', verified.entrypoints.join(', ')],
          ['tests', `${verified.tests} passed`],
        ],
        style,
      )
      return { document, text: `${style.good('The bundle verifies')}\n${text}` }
    },
  })
}

function signerPolicy(session: Session): SignerPolicy {
  const { options } = session
  const [key, issuer, rootFile] = [options.text('key'), options.text('issuer'), options.text('trustedRoot')]
  const identities = options.texts('identity')
  const alone = options.flag('withoutTimestamps')
  const trustRoot = rootFile === null ? null : readTrustRoot(givenFile(session, '--trusted-root', rootFile))
  const wanted = options.whole('timestamps', 1, 10)
  const timestamps = wanted === null ? {} : { timestamps: wanted }
  if (key !== null) {
    if (identities.length > 0 || issuer !== null)
      throw new Problem('usage', 'give --key, or --identity and --issuer, not both')
    if (alone === (trustRoot !== null))
      throw new Problem(
        'usage',
        'with --key give either --trusted-root, for log entry and timestamps, or --without-timestamps',
      )
    return { kind: 'key', key: readPublicKey(givenFile(session, '--key', key)), trustRoot, ...timestamps }
  }
  if (alone)
    throw new Problem(
      'usage',
      '--without-timestamps goes with --key only: a certificate lives ten minutes, so its time must be known',
    )
  if (identities.length === 0 || issuer === null || trustRoot === null)
    throw new Problem('usage', 'say who must have signed: --identity, --issuer and --trusted-root, or --key')
  return { kind: 'identity', identities, issuer, trustRoot, ...timestamps }
}
