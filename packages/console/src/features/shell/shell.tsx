import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { Outlet, ScrollRestoration, useNavigate, useNavigation } from 'react-router'
import { ProblemError } from '@gatehouse/client/problem-error'
import { api } from '../../api/client.ts'
import { queries } from '../../api/queries.ts'
import { paths } from '../../paths.ts'
import { announce } from '../../ui/announcer.tsx'
import { Dialog, Drawer } from '../../ui/dialog.tsx'
import { Icon } from '../../ui/icon.tsx'
import { LiveIndicator } from '../../ui/live-indicator.tsx'
import { ThemeToggle } from '../../ui/theme-toggle.tsx'
import { Tooltip } from '../../ui/tooltip.tsx'
import { IsolationBanner } from './isolation-banner.tsx'
import { KEYS, isTyping } from './keys.ts'
import { useLive, useLiveStatus } from './live-context.tsx'
import { Brand, Navigation } from './navigation.tsx'

/** The frame around every signed-in page. */
export function Shell() {
  const [menu, setMenu] = useState(false)
  const [help, setHelp] = useState(false)
  const session = useQuery(queries.whoami())
  const navigate = useNavigate()
  const navigation = useNavigation()
  const signedOut = session.error instanceof ProblemError && session.error.status === 401
  useEffect(() => {
    if (signedOut) void navigate(paths.signIn(`${location.pathname}${location.search}`), { replace: true })
  }, [signedOut, navigate])
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== '?' || isTyping(event)) return
      event.preventDefault()
      setHelp(true)
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [])
  return (
    <div className="min-h-dvh md:grid md:grid-cols-[208px_minmax(0,1fr)]">
      <a
        href="#main"
        className="fixed top-2 left-2 z-50 -translate-y-16 rounded-md bg-primary px-3 py-2 text-on-primary focus:translate-y-0"
      >
        Skip to content
      </a>
      <aside
        aria-label="Sidebar"
        className="sticky top-0 hidden h-dvh flex-col border-r border-line bg-canvas p-3 md:flex"
      >
        <div className="mb-5 px-2 py-1">
          <Brand />
        </div>
        <Navigation />
        <Account />
      </aside>
      <div className="min-w-0">
        <header className="sticky top-0 z-30 flex h-12 items-center gap-2 border-b border-line bg-canvas/85 px-4 backdrop-blur md:px-6">
          <button
            type="button"
            aria-label="Menu"
            aria-expanded={menu}
            className="-ml-1.5 grid size-8 place-items-center rounded-md text-muted hover:bg-hover hover:text-ink md:hidden"
            onClick={() => setMenu(true)}
          >
            <Icon name="menu" />
          </button>
          <span className="md:hidden">
            <Brand />
          </span>
          <span className="hidden text-[13px] text-muted md:inline">
            Project <strong className="font-medium text-ink">{session.data?.project.name ?? ''}</strong>
          </span>
          <div className="ml-auto flex items-center gap-1.5">
            {navigation.state === 'loading' && <span className="text-xs text-muted max-md:hidden">Loading</span>}
            <LiveState />
            <Tooltip content="Keyboard shortcuts">
              <button
                type="button"
                aria-label="Keyboard shortcuts"
                className="grid size-8 place-items-center rounded-md font-mono text-[13px] text-muted hover:bg-hover hover:text-ink max-md:hidden"
                onClick={() => setHelp(true)}
              >
                ?
              </button>
            </Tooltip>
            <ThemeToggle />
          </div>
        </header>
        <IsolationBanner />
        <main id="main" tabIndex={-1} className="mx-auto max-w-[1560px] px-4 py-5 outline-none md:px-6">
          <Outlet />
        </main>
      </div>
      <Drawer open={menu} onOpenChange={setMenu} title="Menu">
        <div className="flex h-full flex-col">
          <div className="mb-5 px-2 py-1">
            <Brand />
          </div>
          <Navigation onFollow={() => setMenu(false)} />
          <Account />
        </div>
      </Drawer>
      <Dialog open={help} onOpenChange={setHelp} title="Keyboard shortcuts">
        <dl className="space-y-1.5 text-[13px]">
          {KEYS.map(([key, what]) => (
            <div key={key} className="flex items-baseline gap-3">
              <dt className="w-16 shrink-0">
                <kbd className="rounded border border-line-strong bg-sunken px-1.5 py-0.5 text-xs">{key}</kbd>
              </dt>
              <dd className="text-muted">{what}</dd>
            </div>
          ))}
        </dl>
      </Dialog>
      <ScrollRestoration />
    </div>
  )
}

function LiveState() {
  const live = useLive()
  const { state } = useLiveStatus()
  useEffect(() => {
    if (state === 'reconnecting') announce('Connection lost, reconnecting')
  }, [state])
  return <LiveIndicator state={state} onToggle={state === 'paused' ? live.resume : live.pause} />
}

function Account() {
  const session = useQuery(queries.whoami()).data
  const client = useQueryClient()
  const navigate = useNavigate()
  const live = useLive()
  if (!session) return null
  const { person } = session
  return (
    <div className="mt-auto flex items-center gap-2 border-t border-line pt-3">
      <span
        aria-hidden="true"
        className="grid size-7 shrink-0 place-items-center rounded-full border border-line-strong bg-surface text-2xs font-semibold uppercase"
      >
        {person.login.slice(0, 2)}
      </span>
      <span className="min-w-0 flex-1 leading-tight">
        <span className="block truncate text-[13px] font-medium">{person.login}</span>
        <span className="block truncate text-2xs text-muted">{person.roles.join(', ')}</span>
      </span>
      <button
        type="button"
        aria-label="Sign out"
        title="Sign out"
        className="grid size-8 place-items-center rounded-md text-muted hover:bg-hover hover:text-ink"
        onClick={() => {
          live.stop()
          void api
            .call('sessionClose')
            .catch(() => undefined)
            .then(() => {
              client.clear()
              return navigate(paths.signIn())
            })
        }}
      >
        <Icon name="signOut" />
      </button>
    </div>
  )
}
