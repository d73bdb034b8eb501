import { Problem } from '@gatehouse/core/kernel/problems'
import { ServiceSelector, SigningConfig, type Service, type ServiceConfiguration } from '@sigstore/protobuf-specs'
import { isLoopback } from './registry-request.ts'
import type { SigningServices } from './signature-make.ts'

const MEDIA_TYPE = /^application\/vnd\.dev\.sigstore\.signingconfig\.v0\.2\+json$/

export interface ChosenServices extends SigningServices {
  /** Null where the file names no certificate authority: then only a key can sign. */
  readonly fulcioUrl: string | null
}

/**
 * Reads a signing_config.json (sigstore's protobuf-specs, SigningConfig v0.2) and chooses services as cosign 3 does: of those in service at
 * `now`, with the highest API version that is known here, the newest of each operator; then as many as the selector says. Refused as
 * `signing-failed`, naming the field.
 */
export function readSigningConfig(text: string, now: Date): ChosenServices {
  let config: SigningConfig
  try {
    config = SigningConfig.fromJSON(JSON.parse(text))
  } catch {
    throw unusable('it is no JSON of that form')
  }
  if (!MEDIA_TYPE.test(config.mediaType)) throw unusable(`its mediaType is "${config.mediaType}"; version 0.2 is read`)
  const [authority] = newest(config.caUrls, [1], now, 'caUrls')
  const logs = chosen(config.rekorTlogUrls, config.rekorTlogConfig, [2, 1], now, 'rekorTlog')
  const stamps = chosen(config.tsaUrls, config.tsaConfig, [1], now, 'tsa')
  return {
    fulcioUrl: authority === undefined ? null : authority.url.replace(/\/$/, ''),
    logs: logs.map(({ url, majorApiVersion }) => ({
      url: url.replace(/\/$/, ''),
      version: majorApiVersion === 2 ? 2 : 1,
    })),
    timestampUrls: stamps.map(({ url }) => url),
  }
}

function chosen(
  services: readonly Service[],
  wanted: ServiceConfiguration | undefined,
  versions: readonly number[],
  now: Date,
  field: string,
): readonly Service[] {
  if (services.length === 0) return []
  const found = newest(services, versions, now, `${field}Urls`)
  const selector = wanted?.selector ?? ServiceSelector.SERVICE_SELECTOR_UNDEFINED
  if (selector === ServiceSelector.ALL) return found
  if (selector === ServiceSelector.ANY) return found.slice(0, 1)
  const count = wanted?.count ?? 0
  if (selector !== ServiceSelector.EXACT || count < 1)
    throw unusable(`${field}Config must say ANY, ALL or EXACT with a count`)
  if (found.length < count)
    throw unusable(`${field}Config asks for ${count} services; ${field}Urls has ${found.length} operators in service`)
  return found.slice(0, count)
}

/** The newest service of each operator, with the first of these versions that any has; newest first. */
function newest(services: readonly Service[], versions: readonly number[], now: Date, field: string): Service[] {
  if (services.length === 0) return []
  const inService = services.filter(
    ({ validFor }) =>
      (validFor?.start === undefined || validFor.start <= now) && (validFor?.end === undefined || validFor.end >= now),
  )
  const version = versions.find((number) => inService.some(({ majorApiVersion }) => majorApiVersion === number))
  if (version === undefined)
    throw unusable(`${field} names no service that is in use now with version ${versions.join(' or ')} of its API`)
  const operators = new Map<string, Service>()
  const startOf = ({ validFor }: Service) => validFor?.start?.getTime() ?? 0
  for (const service of inService.toSorted((a, b) => startOf(b) - startOf(a))) {
    if (service.majorApiVersion !== version || operators.has(service.operator)) continue
    mustBeHttps(service.url, field)
    operators.set(service.operator, service)
  }
  return [...operators.values()]
}

function mustBeHttps(text: string, field: string): void {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))) return
  throw unusable(`${field} names ${text}; an https URL is needed`)
}

function unusable(why: string): Problem {
  return new Problem(
    'signing-failed',
    `The signing config cannot be used: ${why}. Make one with "cosign signing-config create".`,
  )
}
