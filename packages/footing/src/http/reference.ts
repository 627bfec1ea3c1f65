// The description of the API and its page, below the base path; each is made once, when first asked for.
import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type DescribedApi, describeApi } from './openapi.ts'
import { basePathOf } from './place-routes.ts'

/** A text that never changes while the process lives. */
interface Fixed {
  readonly text: string
  readonly tag: string
}

/**
 * Adds `openapi.json` and `docs` below the base path. The page is our own, without a script and without a request to
 * any other host: reference libraries weigh 30 MB, and load fonts from elsewhere unless told not to.
 */
export function addReference(server: FastifyInstance, api: DescribedApi): void {
  const basePath = basePathOf(api.http)
  const document = once(async () => JSON.stringify(describeApi(api)))
  const page = once(async () => {
    const { renderReference } = await import('./reference-page.ts')
    return renderReference(describeApi(api), `${basePath}/openapi.json`)
  })
  const policy = once(async () => {
    const { referenceStyle } = await import('./reference-page.ts')
    const hash = createHash('sha256').update(referenceStyle).digest('base64')
    return `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'`
  })
  // In development and tests a schema that cannot be described should fail at the start, not at the first reader.
  if (api.profile !== 'production') describeApi(api)

  server.get(`${basePath}/openapi.json`, async (request, reply) => {
    // Public by nature, and read by tools that run in a browser on another origin.
    reply.type('application/json').header('access-control-allow-origin', '*')
    return send(request, reply, await document())
  })
  // Whoever follows the address of the API in a browser finds out what is there.
  for (const url of new Set([basePath === '' ? '/' : basePath, '/'])) {
    if (server.hasRoute({ method: 'GET', url })) continue
    server.get(url, async (_request, reply) => reply.redirect(`${basePath}/docs`, 302))
  }
  server.get(`${basePath}/docs`, async (request, reply) => {
    reply.type('text/html; charset=utf-8').header('content-security-policy', (await policy()).text)
    return send(request, reply, await page())
  })
}

/** Sends what the client does not have yet. */
function send({ headers }: FastifyRequest, reply: FastifyReply, { text, tag }: Fixed): string | FastifyReply {
  reply.headers({ 'cache-control': 'no-cache', etag: tag })
  const known = headers['if-none-match']?.split(',').map((one) => one.trim().replace(/^W\//, ''))
  return known?.includes(tag) ? reply.code(304).send() : text
}

function once(make: () => Promise<string>): () => Promise<Fixed> {
  let made: Promise<Fixed> | undefined
  return () => {
    made ??= make().then((text) => ({ text, tag: `"${createHash('sha256').update(text).digest('base64url')}"` }))
    return made
  }
}
