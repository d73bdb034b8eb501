import { Link, useRouteError } from 'react-router'
import { paths } from '../../paths.ts'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ProblemNotice } from '../../ui/notice.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { problemOf } from '../operations/use-operation.ts'
import { Page } from './page.tsx'

/** What a page shows when it could not be shown. */
export function RouteProblem() {
  const error: unknown = useRouteError()
  return (
    <div className="mx-auto max-w-2xl px-4 py-12">
      <h1 className="mb-3 text-lg font-semibold">This page cannot be shown</h1>
      <ProblemNotice
        problem={problemOf(error instanceof Error ? error : new Error('Something unknown went wrong.'))}
        action={
          <Button small onClick={() => window.location.reload()}>
            Load it again
          </Button>
        }
      />
    </div>
  )
}

export function NotFoundPage() {
  return (
    <Page title="No such page">
      <EmptyState icon="cross" title="There is nothing at this address">
        <p>
          <Link className="link" to={paths.flow()}>
            To the flow
          </Link>
        </p>
      </EmptyState>
    </Page>
  )
}

/** While the session is asked for: the frame's grid, empty. */
export function LoadingPage() {
  return (
    <div role="status" aria-label="Loading" className="min-h-dvh md:grid md:grid-cols-[208px_minmax(0,1fr)]">
      <div className="hidden border-r border-line p-5 md:block">
        <Skeleton className="h-5 w-28" />
      </div>
      <div>
        <div className="h-12 border-b border-line" />
        <div className="space-y-3 p-6">
          <Skeleton className="h-6 w-40" />
          <Skeleton className="h-48 w-full" />
        </div>
      </div>
    </div>
  )
}
