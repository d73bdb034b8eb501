import type { QueryClient } from '@tanstack/react-query'
import { createBrowserRouter, redirect } from 'react-router'
import { ProblemError } from '@gatehouse/client/problem-error'
import type { Live } from './api/live.ts'
import { queries } from './api/queries.ts'
import { FlowPage } from './features/flow/flow-page.tsx'
import { LiveProvider } from './features/shell/live-context.tsx'
import { LoadingPage, NotFoundPage, RouteProblem } from './features/shell/route-problem.tsx'
import { Shell } from './features/shell/shell.tsx'
import { SignInPage } from './features/sign-in/sign-in-page.tsx'
import { paths } from './paths.ts'

/** The console's routes. Signed-in pages render only once the session is known; without one the sign-in page comes back here. */
export function makeRouter(client: QueryClient, live: Live) {
  return createBrowserRouter([
    { path: '/sign-in', Component: SignInPage, ErrorBoundary: RouteProblem },
    {
      path: '/',
      element: (
        <LiveProvider live={live}>
          <Shell />
        </LiveProvider>
      ),
      ErrorBoundary: RouteProblem,
      HydrateFallback: LoadingPage,
      loader: async ({ request }) => {
        try {
          await client.ensureQueryData(queries.whoami())
          return null
        } catch (error) {
          if (!(error instanceof ProblemError) || error.status !== 401) throw error
          const { pathname, search } = new URL(request.url)
          return redirect(paths.signIn(`${pathname}${search}`))
        }
      },
      shouldRevalidate: () => false,
      children: [
        {
          ErrorBoundary: RouteProblem,
          children: [
            { index: true, Component: FlowPage },
            {
              path: 'stories/:id',
              lazy: async () => ({ Component: (await import('./features/stories/story-page.tsx')).StoryPage }),
            },
            {
              path: 'tasks/:id',
              lazy: async () => ({ Component: (await import('./features/tasks/task-page.tsx')).TaskPage }),
            },
            {
              path: 'runs/:id',
              lazy: async () => ({ Component: (await import('./features/runs/run-page.tsx')).RunPage }),
            },
            {
              path: 'proposals',
              lazy: async () => ({
                Component: (await import('./features/proposals/proposal-list-page.tsx')).ProposalListPage,
              }),
            },
            {
              path: 'proposals/:id',
              lazy: async () => ({ Component: (await import('./features/proposals/proposal-page.tsx')).ProposalPage }),
            },
            {
              path: 'decisions/:id',
              lazy: async () => ({ Component: (await import('./features/decisions/decision-page.tsx')).DecisionPage }),
            },
            {
              path: 'ledger',
              lazy: async () => ({ Component: (await import('./features/ledger/ledger-page.tsx')).LedgerPage }),
            },
            {
              path: 'agents',
              lazy: async () => ({ Component: (await import('./features/agents/agents-page.tsx')).AgentsPage }),
            },
            {
              path: 'repositories',
              lazy: async () => ({
                Component: (await import('./features/repositories/repositories-page.tsx')).RepositoriesPage,
              }),
            },
            {
              path: 'people',
              lazy: async () => ({ Component: (await import('./features/people/people-page.tsx')).PeoplePage }),
            },
            {
              path: 'jobs',
              lazy: async () => ({ Component: (await import('./features/jobs/dead-jobs-page.tsx')).DeadJobsPage }),
            },
            { path: '*', Component: NotFoundPage },
          ],
        },
      ],
    },
  ])
}
