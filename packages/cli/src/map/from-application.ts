// The map of a Footing application, from its manifests.
import type { App } from '@footing/core'
import { jsonSchemaOf } from '@footing/core/module'
import { byText, type MapModule, type ModuleMap } from './model/module-map.ts'
import { shapeLine } from './shape-line.ts'

type Manifest = App['modules'][number]

/** `folders` are the modules' folders from the repository's root, by module name. */
export function mapOfApplication(
  app: Pick<App, 'name' | 'modules'>,
  folders: ReadonlyMap<string, string> = new Map(),
): ModuleMap {
  const modules = app.modules.map((manifest) => describe(manifest, app.modules, folders.get(manifest.name)))
  return {
    title: app.name,
    source: 'manifests',
    modules: modules.toSorted((left, right) => byText(left.name, right.name)),
    arrows: modules
      .flatMap(({ name, needs }) => needs.map((needed) => ({ from: name, to: needed, imports: undefined })))
      .toSorted((left, right) => byText(left.from, right.from) || byText(left.to, right.to)),
  }
}

function describe(manifest: Manifest, all: readonly Manifest[], folder: string | undefined): MapModule {
  const { name, owner } = manifest
  return {
    name,
    owner,
    folder,
    operations: Object.entries(manifest.port).map(([operation, { summary, idempotent, deadlineMs, ...schemas }]) => ({
      name: operation,
      summary,
      idempotent,
      deadlineMs,
      takes: shapeOf(schemas.in, 'input', `${name}.${operation}`),
      gives: shapeOf(schemas.out, 'output', `${name}.${operation}`),
    })),
    events: Object.entries(manifest.events).map(([event, { summary, payload }]) => ({
      name: event,
      summary,
      payload: shapeOf(payload, 'output', `${name}.${event}`),
    })),
    tables: manifest.tables.toSorted(byText),
    reads: Object.entries(manifest.reads)
      .flatMap(([module, views]) => views.map((view) => `${module}.${view}`))
      .toSorted(byText),
    hears: manifest.hears.map(({ module }) => module).toSorted(byText),
    settings: Object.keys(manifest.settings).toSorted(byText),
    needs: manifest.needs.map((needed) => needed.name).toSorted(byText),
    neededBy: all
      .filter((other) => other.needs.some((needed) => needed.name === name))
      .map((other) => other.name)
      .toSorted(byText),
  }
}

type Schema = Manifest['port'][string]['in']

function shapeOf(schema: Schema, side: 'input' | 'output', place: string): string | undefined {
  if (schema === undefined) return undefined
  try {
    return shapeLine(jsonSchemaOf(schema, side, 'draft-2020-12', place))
  } catch {
    // A validator without a JSON Schema converter checks values all the same; its shape is unknown, not absent.
    return '?'
  }
}
