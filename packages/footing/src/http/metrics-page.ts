// The page that Prometheus reads.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Gauge } from '../capability/capability.ts'
import { httpErrors } from './errors.ts'
import { credentialsOf } from './request-identity.ts'

/** Adds `/metrics`; with a token, only whoever sends it as a bearer token reads it. */
export function addMetrics(server: FastifyInstance, text: () => string, token: string | undefined): void {
  server.get('/metrics', async (request, reply) => {
    if (token !== undefined && !same(credentialsOf(request.headers).token ?? '', token)) {
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

/** Numbers of capabilities in the Prometheus text format, one block for each name. */
export function gaugeText(gauges: readonly Gauge[]): string {
  const byName = Map.groupBy(gauges, ({ name }) => name)
  const blocks = [...byName].map(([name, [first, ...more]]) => {
    const lines = [first, ...more].flatMap((gauge) => (gauge === undefined ? [] : [lineOf(gauge)]))
    return `# HELP ${name} ${first?.help ?? ''}\n# TYPE ${name} ${first?.type ?? 'gauge'}\n${lines.join('')}`
  })
  return blocks.join('')
}

function lineOf({ name, labels = {}, value }: Gauge): string {
  const told = Object.entries(labels).map(([label, text]) => `${label}="${text.replace(/[\\"\n]/g, ' ')}"`)
  return `${name}${told.length === 0 ? '' : `{${told.join(',')}}`} ${value}\n`
}
