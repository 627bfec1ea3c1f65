// A module that lives elsewhere, as far as this process answers its routes: made, never started.
import type { AnyManifest } from '../module/define-module.ts'
import type { Setting } from '../module/setting.ts'
import { placementErrors } from '../placement/errors.ts'

/** Settings of a module elsewhere: those that nobody reads here may be missing. */
export function edgeSettings(manifest: AnyManifest): Readonly<Record<string, Setting>> {
  return Object.fromEntries(
    Object.entries(manifest.settings).map(([name, setting]) => [name, { ...setting, optional: true }]),
  )
}

/** The settings of a module elsewhere; one that is missing says so when it is read. */
export function edgeConfig(manifest: AnyManifest, values: Readonly<Record<string, unknown>>) {
  const config: Readonly<Record<string, never>> = {}
  for (const [name, setting] of Object.entries(manifest.settings)) {
    const get = () => {
      if (values[name] === undefined && !setting.optional) {
        throw placementErrors('setting-elsewhere', { details: { name, module: manifest.name } })
      }
      return values[name]
    }
    Object.defineProperty(config, name, { get, enumerable: true })
  }
  return Object.freeze(config)
}
