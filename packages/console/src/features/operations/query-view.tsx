import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Button } from '../../ui/button.tsx'
import { ProblemNotice } from '../../ui/notice.tsx'
import { problemOf } from './use-operation.ts'

/** A query's three faces: its skeleton, its one error, or what it brought. Data that is there stays while it is asked for again. */
export function QueryView<T>(props: {
  readonly query: UseQueryResult<T>
  readonly skeleton: ReactNode
  readonly children: (data: T) => ReactNode
}) {
  const { query } = props
  if (query.data !== undefined) return props.children(query.data)
  if (query.error)
    return (
      <div className="p-4">
        <ProblemNotice
          problem={problemOf(query.error)}
          action={
            <Button small onClick={() => void query.refetch()}>
              Try again
            </Button>
          }
        />
      </div>
    )
  return props.skeleton
}
