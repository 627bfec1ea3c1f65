// The page that Prometheus reads.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { httpErrors } from './errors.ts'
import { credentialsOf } from './request-identity.ts'

/** Adds `/metrics`; with a token, only whoever sends it as a bearer token reads it. */
export function addMetrics(server: FastifyInstance, text: () => string, token: string | undefined): void {
  server.get('/metrics', async (request, reply) => {
    if (token !== undefined && !same(credentialsOf(request.headers, request.method).token ?? '', token)) {
      throw httpErrors('unauthenticated', { details: { scheme: 'Bearer' } })
    }
    reply.type('text/plain; version=0.0.4; charset=utf-8')
    return text()
  })
}

/** Compares in a time that tells nothing about the texts; hashing makes their lengths equal. */
function same(left: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(left), digest(right))
}
