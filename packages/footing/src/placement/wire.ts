// What a call looks like between two processes: path, headers, limits.

import { type JsonObject, parseForeignJson } from '@footing/kernel'
import type { User } from '../work/context.ts'

/** Path in front of the ports of all modules; it does not follow the base path of the application. */
export const portsPath = '/modules'

/** Most bytes of an input or of an answer. */
export const largestMessage = 8 * 1024 * 1024

/** Most characters of the header that carries the user. */
export const largestUser = 8 * 1024

/** The headers of a call. All but the ids for tracing are signed: a mesh may rewrite those. */
export const header = {
  deadline: 'footing-deadline-ms',
  caller: 'footing-caller',
  user: 'footing-user',
  route: 'footing-route',
  schema: 'footing-schema',
  position: 'footing-position',
} as const

/** In the order in which they are signed. */
export const signedHeaders: readonly string[] = Object.values(header)

/** Path of one operation, the same in every process. */
export function operationPath(module: string, operation: string): string {
  return `${portsPath}/${module}/${operation}`
}

/** A user as the value of a header. */
export function encodeUser(user: User): string {
  return Buffer.from(JSON.stringify(user), 'utf8').toString('base64url')
}

/** The user of a signed header; undefined for anything that is none. */
export function decodeUser(value: string): User | undefined {
  let user: unknown
  try {
    user = parseForeignJson(Buffer.from(value, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
  if (typeof user !== 'object' || user === null || !('id' in user) || typeof user.id !== 'string') return undefined
  const { id, roles, claims } = user as { id: string; roles?: unknown; claims?: unknown } // `id` was looked at above
  const named = Array.isArray(roles) && roles.every((role): role is string => typeof role === 'string')
  return {
    id,
    ...(named ? { roles } : {}),
    // Parsed JSON, so an object of it is a JSON object.
    ...(typeof claims === 'object' && claims !== null ? { claims: claims as JsonObject } : {}),
  }
}
