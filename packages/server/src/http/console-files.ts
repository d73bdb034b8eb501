import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { Problem } from '@gatehouse/core/kernel/problems'
import { handleError } from './problem-handler.ts'

/** Serves the built console; an address of its router gets index.html, everything under /api stays a problem document. */
export async function consoleFiles(app: FastifyInstance, folder: string): Promise<void> {
  if (!existsSync(join(folder, 'index.html'))) throw new Error(`the console is not built: ${folder}/index.html is missing (npm run build)`)
  await app.register(fastifyStatic, { root: folder, wildcard: false, index: false, maxAge: '1h' })
  app.get('/', { schema: { hide: true } }, (_request, reply) => reply.header('cache-control', 'no-cache').sendFile('index.html'))
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '/'
    const page = request.method === 'GET' && !/^\/(api|git|dev-agent|assets)(\/|$)/.test(path) && !path.split('/').at(-1)?.includes('.')
    if (page) return reply.header('cache-control', 'no-cache').sendFile('index.html')
    return handleError(new Problem('not-found', `there is nothing at ${request.method} ${path}`), request, reply)
  })
}
