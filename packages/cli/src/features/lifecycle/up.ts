import { once } from 'node:events'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Command } from 'commander'
import { cleanLine } from '../../clean-text.ts'
import { addCommand, type Session } from '../../command.ts'
import type { Host } from '../../host.ts'
import { fields, section } from '../../table.ts'
import { dataFolder, dataOption } from './data-folder.ts'
import { runningInstance } from './instance.ts'
import { operatorLogin } from './operator-login.ts'
import { startServer, type Started } from './server-start.ts'

export function upCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'up',
    act: null,
    summary: 'Start Gatehouse on this machine and log in',
    about:
      'Starts database, API, worker and console in the background and waits until they are ready. With DATABASE_URL set, that PostgreSQL is ' +
      'used instead of our own. The first start makes a local operator; up logs you in as them.',
    configure: (command) => {
      dataOption(command)
      command.option('--port <n>', 'the port of API and console (0: any free one)')
      command.option('--foreground', 'stay in the foreground: JSON log lines on standard output, Ctrl-C stops it')
      command.option('--wait-limit <seconds>', 'give up when it is not ready by then (default 180)')
    },
    examples: [
      ['gatehouse up', 'in the background'],
      ['gatehouse up --foreground --data /srv/gatehouse', 'under systemd or in a container'],
    ],
    run: async (session) => {
      const { options, host, style } = session
      const foreground = options.flag('foreground')
      if (foreground && session.json)
        throw new Problem('usage', '--foreground prints the log on standard output; it goes without --json')
      const data = dataFolder(host, options.text('data'))
      const running = await runningInstance(host, data)
      if (running)
        throw new Problem(
          'already-running',
          `Gatehouse runs at ${running.url} (pid ${running.pid}, since ${running.started_at}) with the data in ${data}; to stop it: gatehouse down`,
          { url: running.url, pid: running.pid, started_at: running.started_at, data },
        )
      session.progress(`starting Gatehouse; data in ${data}`)
      const started = await startServer(session, {
        data,
        port: options.whole('port', 0, 65_535),
        foreground,
        limitSeconds: options.whole('waitLimit', 1, 3600) ?? 180,
      })
      const login = await operatorLogin(host, data, started.instance.url)
      if (foreground) return await stay(session, started, data, login)
      started.child.unref()
      const { url, pid, started_at, version } = started.instance
      const document = {
        url,
        pid,
        started_at,
        version,
        data,
        log: started.log,
        login: 'login' in login ? login.login : null,
      }
      return { document, text: `${style.good('Gatehouse is up')}\n${upText(session, started, data, login)}` }
    },
  })
}

type Login = { login: string } | { why: string }

function upText({ style }: Session, { instance, log }: Started, data: string, login: Login): string {
  const about = fields(
    [
      ['address', instance.url, style.bold],
      ['data', data],
      ['log', log],
      ['logged in', 'login' in login ? `as ${login.login}` : `no: ${login.why}`],
    ],
    style,
  )
  const login_first = 'login' in login ? '' : `  gatehouse login ${cleanLine(instance.url)}\n`
  const next = `${login_first}  gatehouse repo add <path|url>\n  gatehouse story submit <file.md>\n  gatehouse down                     stops it\n  ${cleanLine(instance.url)}  is the console: sign in with the token in ${cleanLine(data)}/operator-token\n`
  return about + section('Next', next, style)
}

/** Stays until the server ends; Ctrl-C ends it cleanly. */
async function stay(session: Session, started: Started, data: string, login: Login): Promise<null> {
  const { child } = started
  session.tell(`Gatehouse is up\n${upText(session, started, data, login)}`)
  const stop = () => void child.kill('SIGTERM')
  session.host.signal.addEventListener('abort', stop, { once: true })
  if (session.host.signal.aborted) stop()
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  session.host.signal.removeEventListener('abort', stop)
  if (child.exitCode === 0) return null
  throw new Problem(
    'internal-error',
    `Gatehouse ended with ${child.signalCode ?? `exit code ${child.exitCode}`}; its log above has the reason`,
  )
}
