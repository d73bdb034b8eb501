import { expect, test } from 'vitest'
import { builtinsNamed, USUAL } from './families.ts'
import { BUILTINS } from './registry.ts'

test('each builtin is found by its name alone', async () => {
  for (const [name, builtin] of BUILTINS) {
    const found = (await builtinsNamed([name])).get(name)
    expect([name, found === builtin]).toEqual([name, true])
  }
})

test('what is not named is not loaded', async () => {
  const usual = USUAL.flatMap((family) => Object.keys(family))
  expect(new Set((await builtinsNamed([...usual, 'http.send', 'no.builtin'])).keys())).toEqual(new Set(usual))
  const some = await builtinsNamed(['io.jwt.decode'])
  expect([some.has('io.jwt.verify_hs256'), some.has('yaml.marshal'), some.has('crypto.sha256')]).toEqual([
    true,
    false,
    false,
  ])
})
