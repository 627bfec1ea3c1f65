// Places of modules and arrows for the picture, computed beside this thread and within a time limit.
import { Worker } from 'node:worker_threads'
import { counts } from './counts.ts'
import type { MapModule, ModuleMap } from './model/module-map.ts'

export interface LayoutTask {
  readonly nodes: readonly { readonly name: string; readonly width: number; readonly height: number }[]
  readonly arrows: readonly { readonly from: string; readonly to: string }[]
}

/** Pixels from the upper left corner. */
export interface PlacedMap {
  readonly width: number
  readonly height: number
  readonly nodes: readonly {
    readonly name: string
    readonly x: number
    readonly y: number
    readonly width: number
    readonly height: number
  }[]
  readonly arrows: readonly {
    readonly from: string
    readonly to: string
    readonly points: readonly { readonly x: number; readonly y: number }[]
  }[]
}

/** More modules than this are drawn as a matrix, which needs no layout and stays readable. */
export const mostNodes = 40

const limitMs = 2000

/** Lays the map out; undefined when it is too large or the layout took longer than two seconds. */
export async function layOut(map: ModuleMap, limit: number = limitMs): Promise<PlacedMap | undefined> {
  const drawn = connected(map)
  if (drawn.length === 0 || drawn.length > mostNodes) return undefined
  const task: LayoutTask = {
    nodes: drawn.map((module) => ({ name: module.name, ...sizeOf(module) })),
    arrows: map.arrows.filter(({ from, to }) => from !== to).map(({ from, to }) => ({ from, to })),
  }
  // Sources run as .ts, the built package as .js.
  const entry = import.meta.url.endsWith('.ts') ? './layout-worker.ts' : './layout-worker.js'
  const worker = new Worker(new URL(entry, import.meta.url), { workerData: task })
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise<PlacedMap | undefined>((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
      timer = setTimeout(() => resolve(undefined), limit)
    })
  } finally {
    clearTimeout(timer)
    await worker.terminate()
  }
}

/** A folder that nobody imports and that imports nobody would only push the others apart; a manifest is always drawn. */
function connected({ modules, arrows, source }: ModuleMap): readonly MapModule[] {
  if (source === 'manifests') return modules
  const ends = new Set(arrows.flatMap(({ from, to }) => (from === to ? [] : [from, to])))
  return ends.size === 0 ? modules : modules.filter(({ name }) => ends.has(name))
}

/** Widths of the three lines in the fonts of draw-map.ts, a little more than they need. */
const sizeOf = (module: MapModule) => ({
  width: Math.max(
    150,
    24 + 9.6 * Math.min(module.name.length, 32),
    24 + 6.9 * Math.min((module.owner ?? '').length, 36),
    24 + 6.6 * counts(module).length,
  ),
  height: 74,
})
