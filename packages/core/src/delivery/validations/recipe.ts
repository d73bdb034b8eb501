import { z } from 'zod'
import { sha256Json, type Sha256 } from '../../kernel/canonical.ts'

/** One argument of a command: no NUL, which no system takes in an argument. */
const argument = z
  .string()
  .min(1)
  .max(4096)
  .refine((text) => !text.includes('\0'), 'holds a NUL character')

/** A path inside the workspace. */
const inside = z
  .string()
  .min(1)
  .max(300)
  .refine(
    (path) => !path.startsWith('/') && !path.includes('\0') && !path.split('/').includes('..'),
    'must be relative, without ".."',
  )

const RecipeCommand = z.strictObject({
  name: z.string().min(1).max(60),
  run: z.array(argument).min(1).max(100),
  timeout_seconds: z.int().min(1).max(3600).default(300),
})

/** One way to validate: for which target branches and environments, by which commands, and where their reports lie. */
export const RecipeValidation = z.strictObject({
  name: z.string().min(1).max(60),
  branches: z.array(z.string().min(1).max(200)).min(1).default(['**']),
  environments: z.array(z.string().min(1).max(60)).min(1).default(['*']),
  commands: z.array(RecipeCommand).min(1).max(20),
  reports: z
    .array(z.strictObject({ format: z.literal('junit'), path: inside }))
    .max(10)
    .default([]),
})
export type RecipeValidation = z.infer<typeof RecipeValidation>

/** `.gatehouse/recipe.yaml` of the protected base, or the repository's settings on the server. Never from the candidate. */
export const Recipe = z.strictObject({
  version: z.literal(1),
  validations: z.array(RecipeValidation).min(1).max(20),
  test_paths: z
    .array(z.string().min(1).max(200))
    .max(50)
    .default([
      '**/test/**',
      '**/tests/**',
      '**/__tests__/**',
      '**/test_*',
      '**/*.test.*',
      '**/*_test.*',
      '**/*.spec.*',
    ]),
})
export type Recipe = z.infer<typeof Recipe>

export const RECIPE_PATH = '.gatehouse/recipe.yaml'

/** The part of a recipe that holds for a target branch and an environment; all that match, in order. */
export function validationsFor(recipe: Recipe, branch: string, environment: string): RecipeValidation[] {
  return recipe.validations.filter(
    (v) => v.branches.some((b) => globMatch(b, branch)) && v.environments.some((e) => globMatch(e, environment)),
  )
}

export function recipeDigest(recipe: Recipe): Sha256 {
  return sha256Json(recipe)
}

/**
 * `*` is any run of characters but `/`, `**` any run at all, `?` one character but `/`. The whole text has to match. Two stars and a
 * slash at the start of a segment are any folders, or none. Takes time in proportion to the product of both lengths, whatever the pattern.
 */
export function globMatch(pattern: string, text: string): boolean {
  const parts = pattern.match(/(?<=^|\/)\*\*\/|\*\*|\*|[^*]/gsu) ?? []
  const characters = Array.from(text)
  let reached = Array.from({ length: characters.length + 1 }, (_, at) => at === 0)
  for (const part of parts) reached = advance(part, characters, reached)
  return reached[characters.length] === true
}

/** From the places reached before a part of the pattern, those reached after it: one pass over the text. */
function advance(part: string, characters: readonly string[], reached: readonly boolean[]): boolean[] {
  const next = Array.from({ length: characters.length + 1 }, () => false)
  let running = false
  for (const [at, here] of reached.entries()) {
    const before = at > 0 ? characters[at - 1] : undefined
    if (part === '**/') {
      next[at] = here || (running && before === '/')
      running ||= here
    } else if (part.startsWith('*')) {
      running = here || (running && (part === '**' || before !== '/'))
      next[at] = running
    } else next[at] = at > 0 && reached[at - 1] === true && (part === '?' ? before !== '/' : before === part)
  }
  return next
}
