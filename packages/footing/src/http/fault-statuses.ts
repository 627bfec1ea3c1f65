// Which statuses below 500 a route may refuse a request with: for its description, and to notice one that is missing there.
import { moduleErrors } from '../module/errors.ts'
import { mediaOf } from '../module/route.ts'
import type { Profile } from '../work/profile.ts'
import { httpErrors } from './errors.ts'
import type { HttpOptions } from './http-options.ts'
import type { PlacedRoute } from './place-routes.ts'
import { errorAnswers } from './problem.ts'

/** The statuses of the errors of a route with what they mean; an application may give errors statuses of its own. */
export function faultStatuses(
  http: HttpOptions,
  profile: Profile,
): (placed: PlacedRoute) => ReadonlyMap<number, string> {
  const answer = errorAnswers(http, profile)
  return ({ route, path }) => {
    const request = { method: route.method, path, requestId: '' }
    const found = new Map<number, string>()
    const note = (status: number, meaning: string) => {
      if (!found.has(status)) found.set(status, meaning)
    }
    const details = { operation: path, reason: '', types: mediaOf(route.body)?.types.join(', ') ?? 'application/json' }
    const invalid = answer(moduleErrors('invalid-input', { details }), request).status
    note(invalid, 'The input is not valid; each fault is listed.')
    note(answer(httpErrors('malformed-request', { details }), request).status, 'The request cannot be understood.')
    if (route.auth !== 'none') {
      note(answer(httpErrors('unauthenticated'), request).status, 'Nobody known sends it.')
    }
    if (route.method !== 'GET') {
      note(answer(httpErrors('body-too-large'), request).status, 'The body is too large.')
      note(
        answer(httpErrors('media-type-unsupported', { details }), request).status,
        `The body is not ${details.types} in UTF-8.`,
      )
    }
    for (const error of route.errors ?? []) {
      if (typeof error === 'number')
        note(error, error === 404 ? 'It is not there.' : 'Refused by design; see the error code.')
    }
    return found
  }
}
