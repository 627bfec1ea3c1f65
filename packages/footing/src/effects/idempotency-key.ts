// The Idempotency-Key of a request, made into the key of an effect that no other user and no other route can reach.
import { createHash } from 'node:crypto'
import type { Middleware } from '../module/middleware.ts'
import { effectErrors } from './contract/errors.ts'

/**
 * Middleware of a route that must not do anything twice: `use: [idempotencyKey]` gives the input of the route `idempotency`, a
 * text for `effects.answer`. It is another one for each user and each route, so nobody gets the answer of somebody else.
 * @throws `idempotency-key-missing`
 */
export const idempotencyKey: Middleware<{ readonly idempotency: string }> = (request, next) => {
  const { headers, method, route, params, user } = request
  const given = headers['idempotency-key']
  if (typeof given !== 'string' || !/^[\x21-\x7e]{16,200}$/.test(given)) throw effectErrors('idempotency-key-missing')
  const scope = JSON.stringify([user?.id ?? null, method, route, Object.entries(params).toSorted(), given])
  return next({ idempotency: `request ${createHash('sha256').update(scope).digest('base64url')}` })
}
