/** Generated requests to sign for AWS, with the configuration and the time, as JSON texts. */
import type { Chance } from './opa-policy-chance.ts'

const URLS = [
  'https://example.com',
  'https://example.com/',
  'https://s3.eu-west-1.amazonaws.com/b/k',
  'https://example.com/a b',
  'https://example.com/%41%2f?x=1&a=b',
  'http://example.com:8080/?b=2&a=1',
  'https://example.com?q',
  'https://example.com/?',
  'https://example.com/ä/日',
  'example.com/a',
  '/a/b',
  '*',
  '',
  '?x',
  '//host/p',
  'https://[::1]:80/x',
  'https://u:p@example.com/',
  'https://EXAMPLE.com/a/../b//c',
  'https://example.com/a#f',
  'mailto:a@b',
  ':',
  'https://exa mple.com',
  'https://example.com/%zz',
  "https://example.com/!$&'()*+,;=:@",
  'https://example.com/[a]',
  'https://example.com/a%20b+c',
  'https://example.com/"<>^`{|}\\',
  'https://example.com:x/',
  'https://%41.test/',
  'https://example.com/%e9',
  'https://example.com/\u007f',
]
const VALUES = ['"v"', '""', '"a, b"', '"  spaced  "', '"é"', '1', 'null', '["a"]', '{}', 'true']
const BODIES = [
  '{}',
  '[]',
  '"text"',
  '{"b":1,"a":[1.50,1e3,"<&>"]}',
  'null',
  '1.0',
  '"\\u2028é\\"\\\\"',
  'true',
  '{"é":"\\u0001\\u007f"}',
  '12345678901234567890',
  '{"":{"":""}}',
  '1e400',
  '-0',
  '"\\ufffd"',
  '"😀"',
  '1E5',
  '"\\b\\f\\t"',
]
const HEADERS = [
  'Content-Type',
  'x-custom',
  'Host',
  'User-Agent',
  'AUTHORIZATION',
  'X-Amzn-Trace-Id',
  'X-Amz-Date',
  'x-amz-security-token',
  'É',
  'a b',
  '',
  'x-amz-content-sha256',
  'host',
  'K\u212a',
  'İ',
]

export function awsRequest(c: Chance): string {
  const parts = new Map<string, string>()
  const may = (probability: number, key: string, value: () => string): void => {
    if (c.yes(probability)) parts.set(key, value())
  }
  const odd = (usual: string): string => (c.yes(0.03) ? c.pick(VALUES) : usual)
  may(0.98, 'method', () => odd(JSON.stringify(c.pick(['get', 'GET', 'POST', 'put', 'delete', '', 'X Y', 'é']))))
  may(0.98, 'url', () => odd(JSON.stringify(c.pick(URLS))))
  may(0.6, 'headers', () => {
    // Of names that differ in case alone OPA takes one by chance.
    const names = new Map(c.many(0, 4, () => c.pick(HEADERS)).map((name) => [name.toLowerCase(), name]))
    return odd(`{${[...names.values()].map((name) => `${JSON.stringify(name)}:${c.pick(VALUES)}`).join(',')}}`)
  })
  may(0.5, 'body', () => c.pick(BODIES))
  may(0.2, 'raw_body', () => c.pick(['"raw"', '""', '"é\\u0000"', '5', 'null', '"{\\"a\\": 1}"']))
  may(
    0.1,
    c.pick([
      'timeout',
      'cache',
      'tls_server_name',
      'force_cache',
      'max_retry_attempts',
      'nope',
      'Method',
      'cache_ignored_headers',
      'enable_redirect',
    ]),
    () => c.pick(VALUES),
  )
  return `{${[...parts].map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`
}

export function awsConfiguration(c: Chance): string {
  const wanted: readonly (readonly [name: string, values: readonly string[]])[] = [
    ['aws_service', ['"s3"', '"glacier"', '"ec2"', '""', '"é"', '"execute-api"']],
    ['aws_access_key', ['"AKIDEXAMPLE"', '""', '"a/b"']],
    ['aws_secret_access_key', ['"secret"', '""', '"é\\u0000"']],
    ['aws_region', ['"eu-west-1"', '"us-east-1"', '""']],
  ]
  const parts = wanted
    .filter(() => c.yes(0.98))
    .map(([name, values]) => `"${name}":${c.yes(0.02) ? c.pick(VALUES) : c.pick(values)}`)
  if (c.yes(0.3)) parts.push(`"aws_session_token":${c.pick(['"token"', '""', '5', 'null', '"é"'])}`)
  if (c.yes(0.3)) parts.push(`"disable_payload_signing":${c.pick(['true', 'false', 'true', '"true"', 'null', '1'])}`)
  if (c.yes(0.1)) parts.push('"other":1')
  return `{${parts.join(',')}}`
}

export function awsTime(c: Chance): string {
  return c.pick([
    '1700000000000000000',
    '0',
    '1',
    '-1',
    '-1000000001',
    '999999999',
    '1440938160000000000',
    '9223372036854775807',
    '-9223372036854775808',
    '9223372036854775808',
    '1.5',
    '1e18',
    '1.0',
    '"x"',
    'null',
    '951782400000000000',
    '-2208988800000000000',
    '1e3',
    '0.0',
    '-0',
  ])
}
