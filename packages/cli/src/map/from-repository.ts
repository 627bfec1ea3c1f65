// The map of any repository, from its folders and imports.
import { basename } from 'node:path'
import { byText, type ModuleMap } from './module-map.ts'

/** What the auditor says of a repository's modules. */
type Structure = Awaited<ReturnType<typeof import('@footing/audit').readModules>>

/** `below` turns a path of the structure into one from the repository's root. */
export function mapOfRepository(structure: Structure, below: (path: string) => string, folder: string): ModuleMap {
  const arrows = structure.arrows
    .map(({ from, to, imports }) => ({ from, to, imports }))
    .toSorted((left, right) => byText(left.from, right.from) || byText(left.to, right.to))
  return {
    title: basename(folder),
    source: 'imports',
    modules: structure.modules
      .map((module) => ({
        name: module.name,
        owner: module.owner,
        folder: below(module.folder),
        operations: [],
        events: [],
        tables: module.tables.toSorted(byText),
        reads: [],
        settings: [],
        needs: arrows.filter(({ from }) => from === module.name).map(({ to }) => to),
        neededBy: arrows.filter(({ to }) => to === module.name).map(({ from }) => from),
      }))
      .toSorted((left, right) => byText(left.name, right.name)),
    arrows,
  }
}
