import { stripVTControlCharacters } from 'node:util'
import { withoutSecrets } from '../../jobs/job-error.ts'

const LONGEST = 600

/** What git and ssh add for a person at a terminal, which says nothing of the cause. */
const SAYS_NOTHING: readonly RegExp[] = [
  /^please make sure you have the correct access rights$/i,
  /^and the repository exists\.?$/i,
  /^fatal: could not read from remote repository\.?$/i,
  /^fatal: the remote end hung up unexpectedly$/i,
  /^cloning into /i,
  /^warning: permanently added /i,
  /^\*\* /,
  /^[@\s]+$/,
]

/** Known causes, and what helps against each. The first that fits is told. */
const CAUSES: readonly (readonly [found: RegExp, help: string])[] = [
  [
    /host key verification failed|no \S+ host key is known|remote host identification has changed/i,
    "the user that this server runs as does not know the host's key, or knows another one: compare it with what the host's operator publishes and put it into that user's ~/.ssh/known_hosts",
  ],
  [
    /permission denied \(|too many authentication failures/i,
    'the host takes none of the keys of the user that this server runs as: give that user a key without a passphrase (in its ~/.ssh) and let the host know it, or clone the repository yourself and have an owner add the path of the clone',
  ],
  [
    /could not read (username|password)|authentication failed|terminal prompts disabled|http basic: access denied|requested url returned error: 40[13]/i,
    'it asks for credentials, which are not stored here: clone it yourself and have an owner add the path of the clone',
  ],
  [/could not resolve host/i, 'no host of this name is known to this server: check the address'],
  [
    /connection (refused|timed out|reset)|operation timed out|no route to host|network is unreachable|failed to connect|couldn't connect/i,
    'the host does not answer on that port: check the address, and whether this server may reach it',
  ],
  [
    /ssl certificate|certificate verif|\bssl[_ ]|gnutls/i,
    "the host's certificate is not trusted by this server: install its authority there, or add a clone by its path",
  ],
  [
    /cannot run ssh/i,
    'this server has no ssh program: install OpenSSH, use https, or clone it yourself and have an owner add the path of the clone',
  ],
  [
    /not found|does not appear to be a git repository|does not exist/i,
    'check the address, and whether whoever asks may see it: hosts say "not found" of what is private',
  ],
]

/** Lines of a stranger made safe to show: no escape sequence, no control or direction mark, no credential. */
function cleanLinesOf(stderr: string): string[] {
  return stripVTControlCharacters(stderr.toWellFormed())
    .split(/[\r\n]+/)
    .map((line) =>
      withoutSecrets(line)
        .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    )
    .filter((line) => line !== '')
}

/**
 * What git, ssh and the other side said on standard error, for a person who has to mend it: every line that tells of the cause, on one line of
 * at most 600 characters, without control characters and credentials. Empty where nothing was said. Pure.
 */
export function gitSaid(stderr: string): string {
  const lines = cleanLinesOf(stderr)
  const telling = lines.filter((line) => !SAYS_NOTHING.some((pattern) => pattern.test(line)))
  const chosen = telling.length > 0 ? telling : lines
  const whole = chosen.join('; ')
  if (whole.length <= LONGEST) return whole
  // A banner of the host can be long: then only what names a known cause or is an error, the last of it.
  const causes = chosen.filter(
    (line) => /^(remote: )?(fatal|error)\b/i.test(line) || CAUSES.some(([found]) => found.test(line)),
  )
  return `…${(causes.length > 0 ? causes.join('; ') : whole).slice(-(LONGEST - 1))}`
}

/** What helps against a failure of known cause, or null. Pure. */
export function gitHelp(stderr: string): string | null {
  const said = gitSaid(stderr)
  return CAUSES.find(([found]) => found.test(said))?.[1] ?? null
}
