// The description of the API and its page, below the base path.
import type { FastifyInstance } from 'fastify'
import type { Profile } from '../module/profile.ts'
import type { HttpOptions } from './http-options.ts'
import type { PlacedRoute } from './mount-route.ts'

/** The API that is described. */
export interface DescribedApi {
  readonly name: string
  readonly version: string
  readonly http: HttpOptions
  readonly routes: readonly PlacedRoute[]
  readonly profile: Profile
}

/** Adds `openapi.json` and `docs` below the base path. */
export function addReference(_server: FastifyInstance, _api: DescribedApi): void {}
