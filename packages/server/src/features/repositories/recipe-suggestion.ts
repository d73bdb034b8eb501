import type { Recipe } from '@gatehouse/core/delivery/validations/recipe'
import type { Forge } from '../../adapters/forge/forge.ts'

const MAX = 262_144

/**
 * A recipe for a repository that says none, from its tree at the moment an owner adds it: stored in the settings, shown, and theirs to
 * change. Null where nothing is recognised. The sandbox has no network: dependencies must be in the tree or not needed.
 */
export async function suggestRecipe(forge: Forge, id: string, commit: string): Promise<Recipe | null> {
  const file = async (path: string) => {
    const read = await forge.readFile(id, commit, path, MAX)
    return read.ok ? new TextDecoder().decode(read.value) : null
  }
  if ((await file('.gatehouse/recipe.yaml')) !== null) return null
  const manifest = await file('package.json')
  if (manifest !== null) {
    const script = testScript(manifest)
    if (script !== null) return recipeOf('npm test', nodeCommand(script))
  }
  if ((await file('go.mod')) !== null) return recipeOf('go test', ['go', 'test', './...'])
  if ((await file('pyproject.toml')) !== null || (await file('setup.py')) !== null)
    return recipeOf('pytest', ['python3', '-m', 'pytest', '--junitxml=.gatehouse-junit.xml'])
  return null
}

function testScript(manifest: string): string | null {
  try {
    const parsed = JSON.parse(manifest) as { scripts?: { test?: unknown } }
    const script = parsed.scripts?.test
    return typeof script === 'string' && !/no test specified/.test(script) ? script : null
  } catch {
    return null
  }
}

/** A plain `node --test ...` also gives a JUnit report; anything else runs by npm as it stands. */
function nodeCommand(script: string): string[] {
  const words = script.trim().split(/\s+/)
  if (words[0] !== 'node' || words[1] !== '--test' || /[|&;<>$`"'*]/.test(script)) return ['npm', 'test']
  return [
    'node',
    '--test',
    '--test-reporter=junit',
    '--test-reporter-destination=.gatehouse-junit.xml',
    ...words.slice(2).filter((w) => !w.startsWith('--test-reporter')),
  ]
}

function recipeOf(name: string, run: string[]): Recipe {
  const junit = run.some((word) => word.includes('.gatehouse-junit.xml'))
  return {
    version: 1,
    validations: [
      {
        name,
        branches: ['**'],
        environments: ['*'],
        commands: [{ name: 'test', run, timeout_seconds: 300 }],
        reports: junit ? [{ format: 'junit', path: '.gatehouse-junit.xml' }] : [],
      },
    ],
    test_paths: [
      '**/test/**',
      '**/tests/**',
      '**/__tests__/**',
      '**/test_*',
      '**/*.test.*',
      '**/*_test.*',
      '**/*.spec.*',
      'test.js',
      'test.mjs',
    ],
  }
}
