import { createHash, createHmac } from 'node:crypto'
import type { Machine } from '../machine.ts'
import { compareText, isNumber, objectOf, RegoObject, type Value } from '../value.ts'
import { jsonText } from '../value-json.ts'
import { objectAt, operandError, writtenInteger, type Builtins } from './operand.ts'
import { mapCase } from './strings.ts'
import { escapedUriPath, parseUri } from './uri.ts'

/** What a request may say, as for OPA's `http.send`. */
const REQUEST_KEYS = new Set([
  'method',
  'url',
  'body',
  'enable_redirect',
  'force_json_decode',
  'force_yaml_decode',
  'headers',
  'raw_body',
  'tls_use_system_certs',
  'tls_ca_cert',
  'tls_ca_cert_file',
  'tls_ca_cert_env_variable',
  'tls_client_cert',
  'tls_client_cert_file',
  'tls_client_cert_env_variable',
  'tls_client_key',
  'tls_client_key_file',
  'tls_client_key_env_variable',
  'tls_insecure_skip_verify',
  'tls_server_name',
  'timeout',
  'cache',
  'force_cache',
  'force_cache_duration_seconds',
  'raise_error',
  'caching_mode',
  'max_retry_attempts',
  'cache_ignored_headers',
])
const UNSIGNED = new Set(['authorization', 'user-agent', 'x-amzn-trace-id'])

function sha256(content: string): string {
  return createHash('sha256').update(content, 'utf8').digest('hex')
}

function mac(key: string | Buffer, content: string): Buffer {
  return createHmac('sha256', key).update(content, 'utf8').digest()
}

/** A configured text; other kinds count as none where they may be left out. */
function setting(config: RegoObject, name: string, required: boolean): string {
  const value = config.get(name)
  if (typeof value === 'string') return value
  if (required) throw operandError(2, `missing or invalid AWS config parameter: ${name}`)
  return ''
}

/** Signs a request by AWS Signature Version 4 at a given time. */
function signRequest(m: Machine, request: RegoObject, config: RegoObject, time: Value): Value {
  const service = setting(config, 'aws_service', true)
  const accessKey = setting(config, 'aws_access_key', true)
  const secret = setting(config, 'aws_secret_access_key', true)
  const region = setting(config, 'aws_region', true)
  const token = setting(config, 'aws_session_token', false)
  if (!isNumber(time)) throw operandError(1, 'must be number')
  const nanos = writtenInteger(time)
  if (nanos === null) {
    throw operandError(3, 'could not convert time_ns value into a unix timestamp')
  }
  for (const key of request.sorted().keys) {
    if (typeof key !== 'string' || !REQUEST_KEYS.has(key)) throw operandError(1, 'invalid request parameters(s)')
  }
  const said = request.get('headers')
  const headers = said === undefined ? objectOf([]) : said
  const method = request.get('method')
  const url = request.get('url')
  if (typeof method !== 'string' || typeof url !== 'string')
    throw operandError(1, 'missing or invalid request parameters(s)')
  if (!(headers instanceof RegoObject)) throw operandError(0, 'must be object')
  const uri = parseUri(url)
  const rawBody = request.get('raw_body')
  const body = request.get('body')
  const content =
    rawBody === undefined ? (body === undefined ? '' : jsonText(body)) : typeof rawBody === 'string' ? rawBody : ''
  const given = config.get('disable_payload_signing')
  const unsigned = given === undefined ? false : given
  if (typeof unsigned !== 'boolean') throw operandError(2, "invalid value for 'disable_payload_signing' in AWS config")
  m.spendText((content.length + url.length) * 2)
  const hash = unsigned ? 'UNSIGNED-PAYLOAD' : sha256(content)

  const millis = Number((nanos - (((nanos % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1_000_000n)
  const stamp = new Date(millis).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const date = stamp.slice(0, 8)
  const added = new Map<string, string>([
    ['host', uri.host],
    ['x-amz-date', stamp],
  ])
  if (service === 's3' || service === 'glacier') added.set('x-amz-content-sha256', hash)
  if (token !== '') added.set('x-amz-security-token', token)
  const signed = new Map(added)
  const out = new RegoObject()
  const { keys, values } = headers.sorted()
  m.spend(keys.length * 4)
  for (const [i, key] of keys.entries()) {
    const name = typeof key === 'string' ? key : ''
    const value = values[i]
    const text = typeof value === 'string' ? value : ''
    const lower = mapCase(name, false)
    if (!UNSIGNED.has(lower)) signed.set(lower, text)
    out.set(name, text)
  }
  const names = [...signed.keys()].sort(compareText)
  const list = names.join(';')
  const lines = names.map((name) => `${name}:${signed.get(name) ?? ''}\n`).join('')
  const canonical = `${method}\n${escapedUriPath(uri)}\n${uri.query}\n${lines}\n${list}\n${hash}`
  const scope = `${date}/${region}/${service}/aws4_request`
  const key = mac(mac(mac(mac(`AWS4${secret}`, date), region), service), 'aws4_request')
  const signature = mac(key, `AWS4-HMAC-SHA256\n${stamp}\n${scope}\n${sha256(canonical)}`).toString('hex')
  out.set(
    'Authorization',
    `AWS4-HMAC-SHA256 Credential=${accessKey}/${scope},SignedHeaders=${list},Signature=${signature}`,
  )
  for (const [name, value] of added) out.set(name, value)
  const result = request.copy()
  result.set('headers', out)
  return result
}

export const AWS_SIGNATURE: Builtins = {
  'providers.aws.sign_req': (m, a, b, c) => signRequest(m, objectAt(a, 1), objectAt(b, 1), c),
}
