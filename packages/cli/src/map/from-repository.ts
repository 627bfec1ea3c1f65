// The map of any repository, from its folders and imports.
import { basename } from 'node:path'
import type { BoundaryReport } from '@footing/audit'
import { cliErrors } from '../command/errors.ts'
import { byText, type ModuleMap } from './model/module-map.ts'

/** What the auditor says of a repository's modules. */
type Structure = Pick<BoundaryReport, 'modules' | 'arrows'>

/**
 * `below` turns a path of the structure into one from the repository's root.
 * @throws `map-nothing-to-draw`
 */
export function mapOfRepository(structure: Structure, below: (path: string) => string, folder: string): ModuleMap {
  if (structure.modules.length === 0) throw cliErrors('map-nothing-to-draw', { details: { folder } })
  const arrows = structure.arrows
    .map(({ from, to, imports }) => ({ from, to, imports }))
    .toSorted((left, right) => byText(left.from, right.from) || byText(left.to, right.to))
  return {
    title: basename(folder),
    source: 'imports',
    modules: structure.modules
      .map((module) => ({
        name: module.name,
        owner: module.owner === '' ? undefined : module.owner,
        folder: below(module.folder),
        operations: [],
        events: [],
        tables: module.tables.toSorted(byText),
        reads: Object.entries(module.reads)
          .flatMap(([other, views]) => views.map((view) => `${other}.${view}`))
          .toSorted(byText),
        hears: module.hears.toSorted(byText),
        settings: [],
        needs: arrows.filter(({ from }) => from === module.name).map(({ to }) => to),
        neededBy: arrows.filter(({ to }) => to === module.name).map(({ from }) => from),
      }))
      .toSorted((left, right) => byText(left.name, right.name)),
    arrows,
  }
}
