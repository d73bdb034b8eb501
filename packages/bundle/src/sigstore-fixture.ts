/** For tests: Fulcio, Rekor v1, Rekor v2 and a timestamp authority on loopback, with the trust root that names them. */
import { createHash, type KeyObject } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fulcioHandler, initializeCA, initializeCTLog, initializeTLog, rekorHandler, tsaHandler } from '@sigstore/mock'
import { HashAlgorithm, PublicKeyDetails, TrustedRoot } from '@sigstore/protobuf-specs'
import { startTiledLog } from './rekor-tiles-fixture.ts'
import { ecKeys } from './sigstore-keys-fixture.ts'
import { startAuthority } from './timestamp-authority-fixture.ts'
import { afterAll, beforeAll } from 'vitest'
import type { SigningIdentity, SigningServices } from './signature-make.ts'
import { readTrustRoot, type SignerPolicy } from './signature-verify.ts'

export interface SigstoreServices {
  readonly url: string
  /** Text of trusted_root.json. */
  readonly trustRoot: string
  readonly close: () => Promise<void>
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

export const IDENTITY = 'https://github.com/acme/policies/.github/workflows/policy-bundle.yml@refs/heads/main'
export const ISSUER = 'https://token.actions.githubusercontent.com'

/** An OIDC token as Fulcio's mock reads it; nobody checks its signature here. */
export function oidcToken(subject: string = IDENTITY, issuer: string = ISSUER): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(Date.now() / 1000)
  return `${part({ alg: 'ES256', typ: 'JWT' })}.${part({ sub: subject, iss: issuer, aud: 'sigstore', iat: now, exp: now + 600 })}.${part('x')}`
}

export const NO_WITNESSES: SigningServices = { logs: [], timestampUrls: [] }

/** Log and timestamp authorities of these services; there are two of the latter, each with its own key and root. */
export function witnessesOf({ url }: SigstoreServices, version: 1 | 2 = 1, authorities: 1 | 2 = 1): SigningServices {
  return { logs: [{ url, version }], timestampUrls: TIMESTAMPS.slice(0, authorities).map((path) => `${url}${path}`) }
}

const TIMESTAMPS = ['/api/v1/timestamp', '/second/api/v1/timestamp']

/** Who signs keyless: a job of the identity, or somebody else. */
export function keyless(
  { url }: SigstoreServices,
  subject: string = IDENTITY,
  issuer: string = ISSUER,
): Extract<SigningIdentity, { kind: 'keyless' }> {
  return { kind: 'keyless', token: oidcToken(subject, issuer), fulcioUrl: url }
}

/** Whom a verifier takes signatures of: the identity, by these services. */
export function byIdentity({ trustRoot }: SigstoreServices): Extract<SignerPolicy, { kind: 'identity' }> {
  return { kind: 'identity', identities: [IDENTITY], issuer: ISSUER, trustRoot: readTrustRoot(trustRoot) }
}

/** The services for all tests of a file. They are there from the first test on. */
export function sigstoreOfFile(): () => SigstoreServices {
  let services: SigstoreServices | undefined
  beforeAll(async () => {
    services = await startSigstore()
  }, 180_000)
  afterAll(async () => {
    await services?.close()
  })
  return () => {
    if (services === undefined) throw new Error('sigstore’s services are asked for before the first test')
    return services
  }
}

export async function startSigstore(): Promise<SigstoreServices> {
  const server = createServer((request, response) => {
    void bodyOf(request)
      .then((body) => route(request.url ?? '', body, request.headers.authorization ?? ''))
      .then(({ status, type, body, headers }) =>
        response.writeHead(status, { 'content-type': type, ...headers }).end(body),
      )
      .catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const [caKeys, ctKeys, logKeys] = [ecKeys(), ecKeys(), ecKeys()]
  const ctlog = await initializeCTLog(ctKeys)
  const ca = await initializeCA(caKeys, ctlog)
  const tlog = await initializeTLog(url, logKeys)
  const tiles = startTiledLog('127.0.0.1')
  // Go's reader takes no fractions of seconds; the same Date is set anew before each timestamp.
  const clock = new Date(Math.floor(Date.now() / 1000) * 1000)
  const authorities = await Promise.all(
    TIMESTAMPS.map((path) => startAuthority(path === TIMESTAMPS[0] ? 'first' : 'second', clock)),
  )

  async function route(path: string, body: Buffer, authorization: string): Promise<Answer> {
    const text = body.toString('utf8')
    if (path === '/api/v2/signingCert') {
      const made = await fulcioHandler(ca, { strict: true }).fn(withToken(text, authorization))
      // Fulcio answers 200, and cosign takes nothing else.
      return {
        status: made.statusCode === 201 ? 200 : made.statusCode,
        type: 'application/json',
        body: made.response as string,
      }
    }
    if (path === '/api/v1/log/entries') {
      const made = await rekorHandler(tlog, { strict: true }).fn(JSON.stringify(canonicalEntry(JSON.parse(text))))
      const uuid = made.statusCode === 201 ? (Object.keys(JSON.parse(made.response as string) as object)[0] ?? '') : ''
      return {
        status: made.statusCode,
        type: 'application/json',
        body: made.response as string,
        headers: { etag: uuid, location: `/api/v1/log/entries/${uuid}` },
      }
    }
    if (path === '/api/v2/log/entries') {
      return { status: 201, type: 'application/json', body: JSON.stringify(tiles.add(JSON.parse(text))) }
    }
    const tsa = authorities[TIMESTAMPS.indexOf(path)]
    if (tsa !== undefined) {
      clock.setTime(Math.floor(Date.now() / 1000) * 1000)
      const made = await tsaHandler(tsa, { strict: true }).fn(timestampRequest(body))
      return {
        status: made.statusCode,
        type: 'application/timestamp-reply',
        body: Buffer.from(made.response as Uint8Array),
      }
    }
    return { status: 404, type: 'text/plain', body: 'nothing here' }
  }

  const start = new Date(Date.now() - 3_600_000)
  const log = (key: KeyObject) => {
    const rawBytes = key.export({ format: 'der', type: 'spki' })
    return {
      baseUrl: url,
      hashAlgorithm: HashAlgorithm.SHA2_256,
      publicKey: { rawBytes, keyDetails: PublicKeyDetails.PKIX_ECDSA_P256_SHA_256, validFor: { start } },
      logId: { keyId: createHash('sha256').update(rawBytes).digest() },
      checkpointKeyId: undefined,
      operator: 'test',
    }
  }
  const authority = (uri: string, ...certificates: ArrayBufferView[]) => ({
    subject: { commonName: 'test', organization: 'test' },
    uri,
    certChain: { certificates: certificates.map((certificate) => ({ rawBytes: bytesOf(certificate) })) },
    validFor: { start },
    operator: 'test',
  })
  const root: TrustedRoot = {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    certificateAuthorities: [authority(url, ca.rootCertificate)],
    ctlogs: [log(ctKeys.publicKey)],
    tlogs: [
      log(logKeys.publicKey),
      {
        ...log(tiles.publicKey),
        publicKey: {
          rawBytes: tiles.publicKey.export({ format: 'der', type: 'spki' }),
          keyDetails: PublicKeyDetails.PKIX_ED25519,
          validFor: { start },
        },
        logId: { keyId: tiles.logId },
      },
    ],
    timestampAuthorities: authorities.map((tsa, i) =>
      authority(`${url}${TIMESTAMPS[i] ?? ''}`, tsa.intCertificate, tsa.rootCertificate),
    ),
  }
  return {
    url,
    trustRoot: JSON.stringify(TrustedRoot.toJSON(root)),
    close: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

function bytesOf(view: ArrayBufferView): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength)
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

interface ProposedEntry {
  readonly kind: string
  readonly spec: { readonly proposedContent?: { readonly envelope: string; readonly verifiers: readonly string[] } }
}

/** What Rekor really logs of a DSSE envelope: hashes, signature and verifier (rekor types/dsse/v0.0.1). */
function canonicalEntry(entry: ProposedEntry): unknown {
  const proposed = entry.spec.proposedContent
  if (entry.kind !== 'dsse' || proposed === undefined) return entry
  const envelope = JSON.parse(proposed.envelope) as { payload: string; signatures: readonly { sig: string }[] }
  const hash = (bytes: string | Buffer) => ({
    algorithm: 'sha256',
    value: createHash('sha256').update(bytes).digest('hex'),
  })
  return {
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: {
      envelopeHash: hash(proposed.envelope),
      payloadHash: hash(Buffer.from(envelope.payload, 'base64')),
      signatures: envelope.signatures.map(({ sig }, index) => ({
        signature: sig,
        verifier: proposed.verifiers[index],
      })),
    },
  }
}

/** The mock reads the token from the body; cosign sends it as a header. */
function withToken(text: string, authorization: string): string {
  const body = JSON.parse(text) as Record<string, unknown>
  if (body['credentials'] !== undefined) return text
  return JSON.stringify({ ...body, credentials: { oidcIdentityToken: authorization.replace(/^Bearer /, '') } })
}

/** The mock reads JSON; cosign sends RFC 3161's DER, whose hash is its last octet string. */
function timestampRequest(body: Buffer): string {
  if (body[0] === 0x7b) return body.toString('utf8')
  const at = body.indexOf(Buffer.from([0x04, 0x20]))
  return JSON.stringify({ artifactHash: body.subarray(at + 2, at + 34).toString('base64'), hashAlgorithm: 'sha256' })
}
