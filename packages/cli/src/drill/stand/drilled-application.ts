// The user's application with the probe among its modules, made by the user's own copy of the library.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { App } from '@footing/core'
import type { ApplicationPlace } from '../../application/application.ts'
import { loadApplication } from '../../application/load-application.ts'
import { type ProbeOptions, probeModule } from './probe-module.ts'

/**
 * Loads both.
 * @throws what `loadApplication` throws
 */
export async function drilledApplication(place: ApplicationPlace, options: ProbeOptions): Promise<App> {
  const app = await loadApplication(place)
  const library = await libraryOf(place)
  return library.createApp({ ...app.options, modules: [...app.options.modules, probeModule(library, options)] })
}

async function libraryOf({ entry }: ApplicationPlace): Promise<typeof import('@footing/core')> {
  try {
    const path = createRequire(entry).resolve('@footing/core')
    return await import(pathToFileURL(path).href)
  } catch {
    // An application whose own folder does not resolve it, such as one of a test, was loaded with ours.
    return import('@footing/core')
  }
}
