// The description of the API and its page, below the base path; both are made when first asked for.
import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { type DescribedApi, describeApi } from './openapi.ts'
import { basePathOf } from './place-routes.ts'

/**
 * Adds `openapi.json` and `docs` below the base path. The page is our own, without a script and without a request to
 * any other host: reference libraries weigh 30 MB, and load fonts from elsewhere unless told not to.
 */
export function addReference(server: FastifyInstance, api: DescribedApi): void {
  const basePath = basePathOf(api.http)
  let text: string | undefined
  const document = () => {
    text ??= JSON.stringify(describeApi(api))
    return text
  }
  // In development and tests a schema that cannot be described should fail at the start, not at the first reader.
  if (api.profile !== 'production') document()

  server.get(`${basePath}/openapi.json`, async (_request, reply) => {
    // Public by nature, and read by tools that run in a browser on another origin.
    reply.type('application/json').headers({ 'access-control-allow-origin': '*', 'cache-control': 'no-cache' })
    return document()
  })
  // Whoever follows the address of the API in a browser finds out what is there.
  for (const url of new Set([basePath === '' ? '/' : basePath, '/'])) {
    if (server.hasRoute({ method: 'GET', url })) continue
    server.get(url, async (_request, reply) => reply.redirect(`${basePath}/docs`, 302))
  }
  server.get(`${basePath}/docs`, async (_request, reply) => {
    const { renderReference, referenceStyle } = await import('./reference-page.ts')
    const hash = createHash('sha256').update(referenceStyle).digest('base64')
    reply.type('text/html; charset=utf-8').headers({
      'content-security-policy': `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'`,
      'cache-control': 'no-cache',
    })
    return renderReference(describeApi(api), `${basePath}/openapi.json`)
  })
}
