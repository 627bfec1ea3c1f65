// The user's application with the probe among its modules, made by the user's own copy of the library.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { App } from '@footing/core'
import type { ApplicationPlace } from '../../application/application.ts'
import { loadApplication } from '../../application/load-application.ts'
import { type Library, type ProbeOptions, probeModule } from './probe-module.ts'

/**
 * Loads both.
 * @throws what `loadApplication` throws
 */
export async function drilledApplication(place: ApplicationPlace, options: ProbeOptions): Promise<App> {
  const app = await loadApplication(place)
  const library = await libraryOf(place)
  const probe = probeModule(library, options)
  return library.core.createApp({ ...app.options, modules: [...app.options.modules, probe] })
}

async function libraryOf({ entry }: ApplicationPlace): Promise<Library> {
  const { resolve } = createRequire(entry)
  const load = async (name: string): Promise<unknown> => import(pathToFileURL(resolve(name)).href)
  try {
    const [core, jobs, effects, cron] = await Promise.all(
      ['', '/jobs', '/effects', '/cron'].map((part) => load(`@footing/core${part}`)),
    )
    return { core, jobs, effects, cron } as Library // the entries of those names
  } catch {
    // An application whose own folder does not resolve it, such as one of a test, was loaded with ours.
    const [core, jobs, effects, cron] = await Promise.all([
      import('@footing/core'),
      import('@footing/core/jobs'),
      import('@footing/core/effects'),
      import('@footing/core/cron'),
    ])
    return { core, jobs, effects, cron }
  }
}
