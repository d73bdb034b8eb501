import { expect, test } from 'vitest'
import { readDatabaseUrl } from './settings.ts'

test.each([
  'postgres://app:secret@db.example:5432/gatehouse',
  'postgresql://db.example/gatehouse',
  'socket:/var/run/postgresql?db=gatehouse',
  '/var/run/postgresql gatehouse',
])('%s is taken as it stands', (url) => {
  expect(readDatabaseUrl(url)).toBe(url)
})

test.each(['not a url', 'mysql://app:secret@db/x', 'host=db password=secret', 'postgres://'])(
  '%s is refused with what is wanted, and not repeated: it may hold a password',
  (url) => {
    const refuse = () => readDatabaseUrl(url)
    expect(refuse).toThrow(expect.objectContaining({ code: 'database-unreachable' }))
    expect(refuse).toThrow(/^DATABASE_URL is no address of a PostgreSQL server: one like postgres:\/\//)
    expect(refuse).not.toThrow(/secret|not a url/)
  },
)
