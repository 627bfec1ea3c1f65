// Requests that no route answers: nothing at the path, or something that answers other methods.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { httpErrors } from './errors.ts'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** Answers 404, or 405 with Allow; OPTIONS on a known path gets its methods. */
export function answerUnmatched(server: FastifyInstance, request: FastifyRequest, reply: FastifyReply): void {
  const allowed = methodsAt(server, request.url)
  if (allowed.length === 0) throw httpErrors('route-missing')
  const list = [...allowed, 'OPTIONS'].join(', ')
  reply.header('allow', list)
  if (request.method === 'OPTIONS') reply.code(204).send()
  else throw httpErrors('method-not-allowed', { details: { method: request.method, allowed: list } })
}

function methodsAt(server: FastifyInstance, url: string): readonly string[] {
  // The router itself answers, so that both agree on what matches; asked only for requests that nothing matched.
  return methods.filter((method) => server.findRoute({ method, url: pathOnly(url) }) !== null)
}

function pathOnly(url: string): string {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}
