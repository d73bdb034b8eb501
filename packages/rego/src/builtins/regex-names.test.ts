import { expect, test } from 'vitest'
import { withOwnNames } from './regex-names.ts'

test('a name that several groups have is told apart by underscores, whatever other names there are', () => {
  expect(withOwnNames('(?P<x>a)(?<x_>b)(?P<x>c)')?.pattern).toBe('(?P<x>a)(?P<x_>b)(?P<x__>c)')
})

test('what only looks like a group is no name', () => {
  expect(withOwnNames(String.raw`(?P<x>a)[(?P<x>]\(?P<x>\Q(?P<x>\E[]a(?P<x>][[:alpha:](?P<x>]`)).toBeUndefined()
})
