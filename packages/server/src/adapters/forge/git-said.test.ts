import { expect, test } from 'vitest'
import { gitHelp, gitSaid } from './git-said.ts'

const TAIL = `fatal: Could not read from remote repository.

Please make sure you have the correct access rights
and the repository exists.
`

test.each([
  [`Host key verification failed.\n${TAIL}`, 'Host key verification failed.', 'known_hosts'],
  [
    `git@git.example.org: Permission denied (publickey).\r\n${TAIL}`,
    'git@git.example.org: Permission denied (publickey).',
    'without a passphrase',
  ],
  [
    "remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'https://git.example.org/x.git/'\n",
    "remote: HTTP Basic: Access denied; fatal: Authentication failed for 'https://git.example.org/x.git/'",
    'asks for credentials',
  ],
  [
    "fatal: unable to access 'https://nowhere.example/x/': Could not resolve host: nowhere.example\n",
    "fatal: unable to access 'https://nowhere.example/x/': Could not resolve host: nowhere.example",
    'no host of this name',
  ],
  [
    `ssh: connect to host git.example.org port 22: Connection refused\r\n${TAIL}`,
    'ssh: connect to host git.example.org port 22: Connection refused',
    'does not answer on that port',
  ],
  [`ERROR: Repository not found.\n${TAIL}`, 'ERROR: Repository not found.', 'check the address'],
  [
    `error: cannot run ssh: No such file or directory\nfatal: unable to fork\n`,
    'error: cannot run ssh: No such file or directory; fatal: unable to fork',
    'no ssh program',
  ],
  [
    "fatal: unable to access 'https://certificate.example/x/': SSL certificate problem: self-signed certificate\n",
    "fatal: unable to access 'https://certificate.example/x/': SSL certificate problem: self-signed certificate",
    'not trusted',
  ],
])('of what git said, the lines that tell of the cause are kept: %j', (stderr, said, help) => {
  expect(gitSaid(stderr)).toBe(said)
  expect(gitHelp(stderr)).toContain(help)
})

test('where git said nothing more than that it could not read, that is kept, and no help is made up', () => {
  expect(gitSaid(TAIL)).toContain('Could not read from remote repository')
  expect(gitHelp(TAIL)).toBeNull()
  expect(gitSaid('')).toBe('')
})

test('what the other side said holds no escape sequence, no control or direction mark and no credential', () => {
  const said = gitSaid(
    "remote: \u001b[31mgo away\u001b[0m\u0007\u202e\u0000\nfatal: 'https://ada:hunter2@git.example.org/x.git/' and https://ghp_0123456789abcdef@h/x\n",
  )
  // oxlint-disable-next-line no-control-regex -- that none is left is what is tested
  expect(said).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
  expect(said).not.toMatch(/hunter2|ghp_/)
  expect(said).toBe("remote: go away; fatal: 'https://***@git.example.org/x.git/' and https://***@h/x")
})

test('a long banner does not hide the cause, and what is told is bounded', () => {
  const banner = 'This system is for authorised users only. '.repeat(3) + '\n'
  const said = gitSaid(`${banner.repeat(40)}git@h: Permission denied (publickey).\n${TAIL}`)
  expect(said.length).toBeLessThanOrEqual(600)
  expect(said).toContain('Permission denied (publickey)')
  expect(said).not.toContain('authorised')
  expect(gitSaid('x'.repeat(10_000)).length).toBeLessThanOrEqual(600)
  expect(gitHelp(`${banner.repeat(40)}Host key verification failed.\n`)).toContain('known_hosts')
})
