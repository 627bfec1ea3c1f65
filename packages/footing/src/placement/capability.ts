// Placement as a capability: which modules are here, calls to those that are not, and calls that come in.
import { defineCapability } from '../capability/capability.ts'
import type { HttpExtension } from '../http/http-extension.ts'
import type { CallDisturbance } from './disturbance.ts'
import { placementErrors } from './errors.ts'
import type { ModuleKeys } from './module-keys.ts'
import { keysOf, placeModules, placementSettings } from './place-modules.ts'
import { RemoteModule } from './remote-module.ts'
import { serveModules } from './serve-modules.ts'
import { portsPath } from './wire.ts'

interface OpenPlacement {
  /** Undefined when nothing leaves this process and nothing comes in. */
  readonly keys: ModuleKeys | undefined
  readonly remotes: readonly RemoteModule[]
}

type Settings = ReturnType<typeof placementSettings>

/** Modules in other processes, by `PLACE_<MODULE>` and `SERVE_MODULES`. */
export const placementCapability = defineCapability<Settings, OpenPlacement>({
  name: 'placement',
  summary: 'modules in other processes, called like those that are here',
  settings: placementSettings,
  wanted: () => true,
  places: (values, { app, profile, env }) => placeModules(app.modules, values, profile, env),
  async open(values, { app, places, profile, network, clock, options }) {
    const keys = keysOf(places, values, profile)
    // The test kit gives it with the other options of a start.
    const disturbance = options.disturbance as CallDisturbance | undefined
    const remotes: RemoteModule[] = []
    for (const { name } of app.modules) {
      const url = places.placed.get(name)
      if (url !== undefined && keys !== undefined) {
        const remote = new RemoteModule(name, url, { clock, keys, random: Math.random, disturbance })
        network.place(name, (target) => remote.answerOf(target))
        remotes.push(remote)
      } else if (!places.local.some((module) => module.name === name)) {
        network.place(name, () => async () => {
          throw placementErrors('module-elsewhere', { details: { module: name } })
        })
      }
    }
    await Promise.all(remotes.map((remote) => remote.prepare()))
    return { keys, remotes }
  },
  extends: {
    http: (open, process): HttpExtension => ({
      withoutCors: [portsPath],
      mount: (server, environment) =>
        serveModules(server, environment, (open as OpenPlacement | undefined)?.keys, process),
    }),
  },
  close: async ({ remotes }) => {
    await Promise.all(remotes.map((remote) => remote.close()))
  },
})
