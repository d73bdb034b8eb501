import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { isProblemSlug, Problem, problemDocument } from '@gatehouse/core/kernel/problems'

/** The one place where anything thrown becomes an RFC 9457 document. What we did not foresee says nothing of its inside. */
export function handleError(error: FastifyError | Problem | Error, request: FastifyRequest, reply: FastifyReply): void {
  const problem = toProblem(error)
  if (problem.slug === 'internal-error') request.log.error({ err: error }, 'request failed')
  else request.log.info({ problem: problem.slug, detail: problem.message }, 'request refused')
  const document = problemDocument(problem, request.id)
  if (document.status === 401)
    void reply.header('www-authenticate', 'Bearer realm="gatehouse", Basic realm="gatehouse"')
  void reply.code(document.status).type('application/problem+json').send(document)
}

export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map((v) => ({
      field: `${error.validationContext ?? 'body'}${v.instancePath === '/' ? '' : v.instancePath.replaceAll('/', '.')}`,
      message: v.message ?? 'is not valid',
    }))
    return new Problem('request-invalid', errors.map((e) => `${e.field}: ${e.message}`).join('; '), { errors })
  }
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    if (isProblemSlug(error.code)) return new Problem(error.code, error.message, {}, error)
    if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE')
      return new Problem('too-large', 'the body is larger than this endpoint takes')
    if (error.code === 'FST_ERR_RATE_LIMIT') return new Problem('too-many-requests', error.message)
    // Tried three times already (performAct): others are at the same rows.
    if (error.code === '40001' || error.code === '40P01')
      return new Problem('version-conflict', 'others changed the same things at the same moment; ask again', {}, error)
    if (error.code === 'GH009')
      return new Problem(
        'clocks-disagree',
        'the clock of this server and that of its database are minutes apart; the operator sets them',
        {},
        error,
      )
    if (/^(ECONNREFUSED|ECONNRESET|57P0[1-3]|08\d{3})$/.test(error.code))
      return new Problem('database-unavailable', 'the database does not answer; try again in a moment', {}, error)
  }
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  if (status === 429) return new Problem('too-many-requests', 'too many requests; wait a moment', {}, error)
  if (status >= 400 && status < 500 && error instanceof Error)
    return new Problem('request-invalid', error.message, {}, error)
  return new Problem('internal-error', 'Gatehouse broke; the log has the details under this request id', {}, error)
}
