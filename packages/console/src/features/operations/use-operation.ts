import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Answer, JsonOperation } from '@gatehouse/client/client'
import { ProblemError } from '@gatehouse/client/problem-error'
import { familiesOf } from '../../api/events.ts'
import { perform, type Operation } from '../../api/operations.ts'
import { announce } from '../../ui/announcer.tsx'

/**
 * Performs operations of one place of a page. What may have changed is read anew after success and after a refusal alike: a refusal often
 * means that the page was behind. Nothing is shown as done before the server says so.
 */
export function useOperation<K extends JsonOperation>(options: {
  readonly done: string
  readonly onSuccess?: (answer: Answer<K>) => void
}) {
  const client = useQueryClient()
  return useMutation<Answer<K>, Error, Operation<K>>({
    mutationFn: (operation) => perform(operation),
    onSuccess: (answer) => {
      announce(options.done)
      options.onSuccess?.(answer)
    },
    onSettled: async (_answer, _error, operation) => {
      const families = familiesOf(operation.act)
      await client.invalidateQueries({ predicate: (query) => families.includes(String(query.queryKey[0])) })
    },
  })
}

/** An error as `ProblemNotice` takes it. */
export function problemOf(error: Error): ProblemError {
  return error instanceof ProblemError
    ? error
    : new ProblemError(
        { slug: 'internal-error', title: 'This page broke', detail: error.message, retryable: false },
        error,
      )
}
