import { z } from 'zod'
import { Time } from '../schemas.ts'

export const DeadJobView = z
  .object({
    id: z.string(),
    queue: z.string(),
    data: z.unknown(),
    error: z.string(),
    attempts: z.int(),
    created_at: Time,
    failed_at: Time,
  })
  .meta({ id: 'DeadJob' })
