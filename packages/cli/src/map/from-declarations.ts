// The map of a Footing application that is not run: what its manifests say as text.
import { basename } from 'node:path'
import type { BoundaryReport } from '@footing/audit'
import { byText, type ModuleMap } from './model/module-map.ts'

/**
 * Draws the modules that a manifest declares. Shapes, deadlines and settings are known only to the running code, so they
 * are left out. Undefined when no manifest was found.
 */
export function mapOfDeclarations(
  structure: Pick<BoundaryReport, 'modules'>,
  below: (path: string) => string,
  folder: string,
): ModuleMap | undefined {
  const declared = structure.modules.filter(({ origin }) => origin === 'manifest')
  if (declared.length === 0) return undefined
  const needsOf = new Map(declared.map(({ name, needs }) => [name, (needs ?? []).toSorted(byText)]))
  return {
    title: basename(folder),
    source: 'manifests',
    modules: declared
      .map((module) => ({
        name: module.name,
        owner: module.owner === '' ? undefined : module.owner,
        folder: below(module.folder),
        operations: module.operations.map((name) => ({ ...unknownOperation, name })),
        events: module.events.map((name) => ({ name, summary: undefined, payload: undefined })),
        tables: module.tables.toSorted(byText),
        reads: Object.entries(module.reads)
          .flatMap(([other, views]) => views.map((view) => `${other}.${view}`))
          .toSorted(byText),
        hears: module.hears.toSorted(byText),
        settings: [],
        needs: needsOf.get(module.name) ?? [],
        neededBy: declared.map(({ name }) => name).filter((name) => needsOf.get(name)?.includes(module.name)),
      }))
      .toSorted((left, right) => byText(left.name, right.name)),
    arrows: [...needsOf]
      .flatMap(([from, needs]) => needs.map((to) => ({ from, to, imports: undefined })))
      .toSorted((left, right) => byText(left.from, right.from) || byText(left.to, right.to)),
  }
}

const unknownOperation = {
  summary: undefined,
  idempotent: undefined,
  deadlineMs: undefined,
  takes: undefined,
  gives: undefined,
}
