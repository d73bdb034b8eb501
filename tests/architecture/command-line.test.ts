import { expect, test } from 'vitest'
import { commandProblem, commandsIn, type CommandLike } from './command-line.ts'

function command(name: string, part: Partial<CommandLike> = {}): CommandLike {
  return { name: () => name, aliases: () => [], commands: [], options: [], registeredArguments: [], ...part }
}
const program = command('gatehouse', {
  options: [{ long: '--json', required: false, optional: false }],
  commands: [
    command('up'),
    command('story', {
      commands: [
        command('submit', {
          options: [{ short: '-r', long: '--repo', required: true, optional: false }],
          registeredArguments: [{ required: true, variadic: false }],
        }),
      ],
    }),
  ],
})
const problem = (line: string) => commandProblem(program, commandsIn(line)[0]?.slice(1) ?? [])

test('a shell snippet is cut into its commands', () => {
  const snippet = [
    '# comes first',
    '$ git init demo && cd demo',
    'gatehouse story submit \\',
    '  "my story.md" --repo demo > out.json # and keep it',
    'A=1 curl -s x | jq .a',
    'cat > s.md <<END',
    'not a command',
    'END',
  ].join('\n')
  expect(commandsIn(snippet)).toEqual([
    ['git', 'init', 'demo'],
    ['cd', 'demo'],
    ['gatehouse', 'story', 'submit', 'my story.md', '--repo', 'demo'],
    ['curl', '-s', 'x'],
    ['jq', '.a'],
    ['cat'],
  ])
})

test.each([
  'gatehouse up',
  'gatehouse up --json',
  'gatehouse story submit x.md -r demo',
  'gatehouse story submit --repo=demo x.md',
  'gatehouse story --help',
])('"%s" is a real command', (line) => expect(problem(line)).toBe(null))

test.each([
  ['gatehouse down', 'gatehouse has no command down'],
  ['gatehouse up --loud', 'gatehouse up has no option --loud'],
  ['gatehouse up now', 'gatehouse up takes 0 argument(s)'],
  ['gatehouse story submit --repo x.md', 'gatehouse story submit needs 1 argument(s)'],
  ['gatehouse story withdraw', 'gatehouse story has no command withdraw'],
])('"%s" is found: %s', (line, expected) => {
  expect(problem(line)).toBe(expected)
})
