import { Chance } from '../../../tools/opa-policy-chance.ts'
import {
  chain,
  keyPair,
  oddCertificate,
  privateKey,
  request,
  textOf,
  verifyOptions,
} from '../../../tools/opa-certificate-values.ts'
import { awsConfiguration, awsRequest, awsTime } from '../../../tools/opa-aws-values.ts'
import { compareFamilies, type Expressions } from './opa-differential-fixture.ts'

interface Family extends Expressions {
  /** JSON texts. */
  readonly pair: (c: Chance) => readonly [string, string]
}

const json = (text: string): string => JSON.stringify(text)

const families: Readonly<Record<string, Family>> = {
  certificates: {
    expressions: ['crypto.x509.parse_certificates(a)', 'crypto.x509.parse_certificates(b)'],
    pair: (c) => [
      json(textOf(c, 'CERTIFICATE', [oddCertificate(c)])),
      json(
        textOf(
          c,
          'CERTIFICATE',
          c.many(0, 3, () => oddCertificate(c)),
        ),
      ),
    ],
  },
  'chains of certificates': {
    expressions: ['crypto.x509.parse_and_verify_certificates_with_options(a, b)'],
    pair: (c) => [json(textOf(c, 'CERTIFICATE', chain(c))), verifyOptions(c)],
  },
  'requests of certificates': {
    expressions: ['crypto.x509.parse_certificate_request(a)', 'crypto.x509.parse_certificate_request(b)'],
    pair: (c) => [
      json(textOf(c, 'CERTIFICATE REQUEST', [request(c)])),
      json(
        textOf(
          c,
          c.yes(0.9) ? 'CERTIFICATE REQUEST' : 'NEW CERTIFICATE REQUEST',
          c.many(0, 2, () => request(c)),
        ),
      ),
    ],
  },
  'certificates with their keys': {
    expressions: ['crypto.x509.parse_keypair(a, b)'],
    pair: (c) => keyPair(c).map(json) as [string, string],
  },
  'private keys': {
    expressions: ['crypto.x509.parse_rsa_private_key(a)', 'crypto.parse_private_keys(b)'],
    pair: (c) => [json(privateKey(c)), json(privateKey(c))],
  },
  'requests to sign for AWS': {
    expressions: ['providers.aws.sign_req(a, b[0], b[1])'],
    pair: (c) => [awsRequest(c), `[${awsConfiguration(c)},${awsTime(c)}]`],
  },
}

compareFamilies('generated %s give byte for byte what OPA gives', families, 250, ({ pair }, seed, runs) =>
  Array.from({ length: runs }, (_, i) => `[${pair(new Chance(seed + i)).join(',')}]`),
)
