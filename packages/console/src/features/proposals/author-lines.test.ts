import { expect, test } from 'vitest'
import { authorLines } from './author-lines.ts'

const ada = { id: 'per_1', login: 'ada' }
const ben = { id: 'per_2', login: 'ben' }

test('a person is one line with every path, and an earlier diff is said once', () => {
  expect(
    authorLines([
      { person: ada, path: 'run-starter' },
      { person: ben, path: 'earlier:submitter' },
      { person: ada, path: 'prompter' },
      { person: ada, path: 'earlier:prompter' },
      { person: ada, path: 'earlier:agent-owner' },
      { person: ada, path: 'toString' },
    ]),
  ).toEqual([
    {
      id: 'per_1',
      login: 'ada',
      paths: ['started the run', 'wrote the story', 'toString', 'author of a diff that it replaced'],
    },
    { id: 'per_2', login: 'ben', paths: ['author of a diff that it replaced'] },
  ])
})
