import './app.css'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { RouterProvider } from 'react-router'
import { ProblemError } from '@gatehouse/client/problem-error'
import { makeLive } from './api/live.ts'
import { makeRouter } from './router.tsx'
import { TooltipProvider } from './ui/tooltip.tsx'
import { Announcer } from './ui/announcer.tsx'

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // The event stream says what changed; these are for what it cannot know.
      staleTime: 15_000,
      refetchOnWindowFocus: false,
      retry: (count, error) => count < 2 && error instanceof ProblemError && error.retryable,
    },
  },
})
const router = makeRouter(client, makeLive(client))
const root = document.querySelector('#root')
if (!root) throw new Error('index.html has no #root')

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <TooltipProvider delay={250}>
        <RouterProvider router={router} />
        <Announcer />
      </TooltipProvider>
    </QueryClientProvider>
  </StrictMode>,
)
