// Maps for the tests of this folder.
import type { MapArrow, MapModule, ModuleMap } from './model/module-map.ts'

/** A map from arrows written as `a > b`, or `a > b 12` with a number of imports; a lone name is a module without arrows. */
export function madeMap(lines: readonly string[], more: Readonly<Record<string, Partial<MapModule>>> = {}): ModuleMap {
  const arrows: MapArrow[] = lines.flatMap((line) => {
    const [from = '', rest] = line.split(' > ')
    if (rest === undefined) return []
    const [to = '', imports] = rest.split(' ')
    return [{ from, to, imports: imports === undefined ? undefined : Number(imports) }]
  })
  const names = [
    ...new Set([...lines.filter((line) => !line.includes(' > ')), ...arrows.flatMap(({ from, to }) => [from, to])]),
  ]
  return {
    title: 'shop',
    source: arrows.some(({ imports }) => imports !== undefined) ? 'imports' : 'manifests',
    modules: names.toSorted().map((name) => ({
      name,
      owner: `@shop/${name}`,
      folder: `src/${name}`,
      operations: [],
      events: [],
      tables: [],
      reads: [],
      hears: [],
      settings: [],
      needs: arrows.filter((arrow) => arrow.from === name).map((arrow) => arrow.to),
      neededBy: arrows.filter((arrow) => arrow.to === name).map((arrow) => arrow.from),
      ...more[name],
    })),
    arrows,
  }
}
