// Imports an application's entry file and takes the application out of it.
import { pathToFileURL } from 'node:url'
import type { App } from '@footing/core'
import { isFootingError } from '@footing/kernel'
import { cliErrors } from '../command/errors.ts'
import type { ApplicationPlace } from './application.ts'

/**
 * Imports the entry file. Node reads TypeScript sources as they are.
 * @throws `app-load-failed`, `app-export-missing`, and coded errors that the definition itself raises
 */
export async function loadApplication(place: ApplicationPlace): Promise<App> {
  let exported: Readonly<Record<string, unknown>>
  try {
    exported = await import(pathToFileURL(place.entry).href)
  } catch (error) {
    if (isFootingError(error)) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw cliErrors('app-load-failed', { details: { file: place.entry, reason }, cause: error })
  }
  const app = exported.app ?? exported.default
  if (!isApp(app)) throw cliErrors('app-export-missing', { details: { file: place.entry } })
  return app
}

function isApp(value: unknown): value is App {
  return (
    typeof value === 'object' &&
    value !== null &&
    'start' in value &&
    typeof value.start === 'function' &&
    'modules' in value &&
    Array.isArray(value.modules)
  )
}
