import { pino, type Logger } from 'pino'

/** JSON lines on standard output; every line says the environment and which process wrote it. Tokens never pass. */
export function makeLog(name: string, environment: string, level = 'info'): Logger {
  return pino({
    level,
    base: { name, environment, pid: process.pid },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: [
        'token',
        '*.token',
        'req.headers.authorization',
        'req.headers.cookie',
        'headers.authorization',
        'headers.cookie',
      ],
      censor: '[secret]',
    },
  })
}
