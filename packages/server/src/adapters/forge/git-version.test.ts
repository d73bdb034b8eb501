import { expect, test } from 'vitest'
import { GitError, makeGit, type GitRunner } from './git-command.ts'
import { requireGit } from './git-version.ts'

const gitThatSays = (text: string): GitRunner => ({
  program: 'git',
  run: async () => ({ code: 0, stdout: Buffer.from(text), stderr: '' }),
})

test.each([
  ['git version 2.38.0\n', '2.38.0'],
  ['git version 2.39.5 (Apple Git-154)\n', '2.39.5'],
  ['git version 2.51.GIT\n', '2.51'],
  ['git version 3.0.0-rc1\n', '3.0.0'],
])('%s is new enough', async (said, version) => {
  expect(await requireGit(gitThatSays(said))).toBe(version)
})

test.each(['git version 2.37.9\n', 'git version 1.9.1\n', 'git version 2.9\n', 'something else\n', ''])(
  '%j is refused with what is needed',
  async (said) => {
    await expect(requireGit(gitThatSays(said))).rejects.toMatchObject({
      code: 'git-too-old',
      message: expect.stringContaining('git 2.38 or newer is needed') as string,
    })
  },
)

test('a machine without git is told so', async () => {
  const refused = requireGit(makeGit({ program: '/nonexistent/git' }))
  await expect(refused).rejects.toBeInstanceOf(GitError)
  await expect(refused).rejects.toMatchObject({ code: 'git-missing' })
})
