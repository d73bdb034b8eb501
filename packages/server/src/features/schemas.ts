import { speakSchemaWords } from '@gatehouse/core/kernel/schema-words'
import { z } from 'zod'

// Every schema of the API is made of what stands here, so no request is checked before this was said.
speakSchemaWords()

/** What list answers have in common: a page and the cursor of the next one (the id of the last row), or null at the end. */
export function page<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() })
}

export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('rows at most, 1 to 200'),
  cursor: z.string().max(100).optional().describe('next_cursor of the page before'),
})
export type PageQuery = z.infer<typeof PageQuery>

/** RFC 3339, UTC. */
export const Time = z.iso.datetime()
export const Digest = z.string().regex(/^[0-9a-f]{64}$/)
export const Risk = z.enum(['low', 'medium', 'high', 'critical'])
export const IdParams = z.object({ id: z.string().max(100) })
export const PersonRef = z.object({ id: z.string(), login: z.string() })
