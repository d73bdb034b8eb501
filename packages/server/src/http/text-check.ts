import type { FastifyRequest } from 'fastify'
import { Problem } from '@gatehouse/core/kernel/problems'

/**
 * Refuses text that no part of us can keep as it came: a NUL character (PostgreSQL takes none in text) or half of a surrogate pair (it has no
 * UTF-8, and so no canonical JSON and no digest). Problem: request-invalid, naming the field.
 */
export async function refuseBrokenText({ params, query, body }: FastifyRequest): Promise<void> {
  for (const [where, value] of Object.entries({ params, querystring: query, body })) {
    const field = brokenIn(value, where)
    if (field !== null)
      throw new Problem(
        'request-invalid',
        `${field}: holds a NUL character or half of a surrogate pair; send text as valid UTF-8`,
      )
  }
}

function brokenIn(value: unknown, at: string): string | null {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed() ? at : null
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return null
  for (const [key, inner] of Object.entries(value)) {
    const found =
      brokenIn(key, `${at} (a key)`) ?? brokenIn(inner, Array.isArray(value) ? `${at}[${key}]` : `${at}.${key}`)
    if (found !== null) return found
  }
  return null
}
