import { z } from 'zod'
import { Recipe } from '@gatehouse/core/delivery/validations/recipe'
import { DecisionSettings } from '@gatehouse/core/policy/settings'
import { Time } from '../schemas.ts'

export const RepositorySettings = z
  .strictObject({
    environment: z.string().min(1).max(60).default('sandbox').describe('the environment proposals are validated for'),
    isolation: z
      .enum(['required', 'none'])
      .default('required')
      .describe(
        '"none" lets commands run as plain limited processes where the machine grants no isolation; evidence and policy see it',
      ),
    recipe: Recipe.nullable().default(null).describe('used where the protected base has no .gatehouse/recipe.yaml'),
    approval_days: z.int().min(1).max(90).default(7).describe('days until an approval request expires'),
    policy: DecisionSettings.optional().describe(
      'what policy is asked with beside its preset: it can only tighten (approvals, limits, allow-lists, owners, freeze)',
    ),
  })
  .meta({ id: 'RepositorySettings' })
export type RepositorySettings = z.infer<typeof RepositorySettings>
export const RepositoryView = z
  .object({
    id: z.string(),
    name: z.string(),
    forge: z.literal('embedded'),
    default_branch: z.string(),
    source: z.string(),
    settings: RepositorySettings,
    version: z.int(),
    head_commit: z.string().nullable(),
    clone_url: z.string(),
    recipe_source: z.enum(['base', 'settings', 'missing', 'invalid']),
    recipe_detail: z.string(),
    recipe_tried: z
      .object({ at: Time, validation_id: z.string(), passed_on_base: z.boolean() })
      .nullable()
      .optional()
      .describe(
        'when this recipe last ran here, and whether it passed on the base itself; null: never. Lists leave it out',
      ),
    created_at: Time,
  })
  .meta({ id: 'Repository' })
/** Not shaped like an id, so that a name never stands for another repository. */
export const RepositoryName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
    'must begin with a letter or digit and have at most 100 letters, digits, ".", "_" and "-"',
  )
  .refine((name) => !/^[a-z]{3}_/.test(name), 'must not begin like an id (three letters and "_")')
export const RepositoryAdd = z.strictObject({
  source: z.string().min(1).max(4096).describe('a path on the server or a URL (https, ssh)'),
  name: RepositoryName.optional(),
  settings: RepositorySettings.optional(),
})
export const RepositoryConfigure = z.strictObject({
  version: z.int().describe('the version you read'),
  settings: RepositorySettings,
})
