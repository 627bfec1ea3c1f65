// Starting an application: settings, database, modules in order of needs, then the door is opened.
import type { App, RunningApp, StartOptions } from './create-app.ts'

/** Starts an application; see `App.start`. */
export async function startApp(app: App, options: StartOptions): Promise<RunningApp> {
  throw new Error(`${app.name} ${Object.keys(options).length}`)
}
