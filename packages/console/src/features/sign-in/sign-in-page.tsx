import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useNavigate, useSearchParams } from 'react-router'
import type { ProblemError } from '@gatehouse/client/problem-error'
import { api } from '../../api/client.ts'
import { safeNext } from '../../paths.ts'
import { Button } from '../../ui/button.tsx'
import { CommandLine } from '../../ui/command-line.tsx'
import { TextField } from '../../ui/field.tsx'
import { ProblemNotice } from '../../ui/notice.tsx'
import { ThemeToggle } from '../../ui/theme-toggle.tsx'
import { problemOf } from '../operations/use-operation.ts'
import { Brand } from '../shell/navigation.tsx'
import { tokenProblem } from './token-text.ts'

/** Trades a token for a session cookie that no script can read. The page keeps the token nowhere. */
export function SignInPage() {
  const input = useRef<HTMLInputElement>(null)
  const [search] = useSearchParams()
  const [wrong, setWrong] = useState<string | null>(null)
  const [problem, setProblem] = useState<ProblemError | null>(null)
  const [busy, setBusy] = useState(false)
  const navigate = useNavigate()
  const client = useQueryClient()
  useEffect(() => {
    document.title = 'Sign in · Gatehouse'
  }, [])

  async function signIn(): Promise<void> {
    const token = input.current?.value.trim() ?? ''
    const before = tokenProblem(token)
    setWrong(before)
    setProblem(null)
    if (before !== null) {
      input.current?.focus()
      return
    }
    setBusy(true)
    try {
      await api.call('sessionOpen', { body: { token } })
      if (input.current) input.current.value = ''
      client.clear()
      await navigate(safeNext(search.get('next')), { replace: true })
    } catch (error) {
      setProblem(problemOf(error as Error))
      setBusy(false)
      input.current?.focus()
    }
  }

  return (
    <main className="grid min-h-dvh place-items-center px-4 py-10">
      <div className="w-full max-w-md">
        <div className="mb-6 flex items-center justify-between">
          <Brand />
          <ThemeToggle />
        </div>
        <div className="rounded-xl border border-line bg-surface p-6 shadow-card">
          <h1 className="text-lg font-semibold tracking-[-0.01em]">Sign in</h1>
          <p className="mt-1 mb-5 text-[13px] text-muted">
            With a token of yours. It becomes a session cookie that this page cannot read, and is kept nowhere else.
          </p>
          <form
            className="space-y-4"
            onSubmit={(event) => {
              event.preventDefault()
              void signIn()
            }}
          >
            {/* Uncontrolled, so that no state of the page ever holds the token. */}
            <TextField
              ref={input}
              label="Token"
              name="token"
              type="password"
              autoComplete="off"
              spellCheck={false}
              autoFocus
              placeholder="gh_…"
              error={wrong}
              onInput={() => setWrong(null)}
            />
            {problem && <ProblemNotice problem={problem} />}
            <Button type="submit" look="primary" wide busy={busy}>
              Sign in
            </Button>
          </form>
        </div>
        <section aria-labelledby="where" className="mt-6 px-1 text-[13px] text-muted">
          <h2 id="where" className="mb-1 font-semibold text-ink">
            Where to get one
          </h2>
          <p>The demo prints a token for each of its people. An owner of the project issues one with:</p>
          <CommandLine
            className="mt-2"
            command="gatehouse token issue <login> --label console"
            label="command to issue a token"
          />
          <p className="mt-2">
            It is shown once. The first owner's token was printed by the first start of the server.
          </p>
        </section>
      </div>
    </main>
  )
}
