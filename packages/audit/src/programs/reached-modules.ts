// Which modules a program loads: what its roots import, at once or inside of a function, to the end.
import type { ModuleId, Program } from '../graph/contract.ts'
import type { Draft } from './draft.ts'

/** For each module the number of the draft that loads it first, -1 for none. */
export class Reached {
  readonly by: Int32Array
  readonly #program: Program
  readonly #mayEnter: (module: ModuleId) => boolean

  /** `mayEnter` refuses modules that no program of this kind loads: tests, pages of a front end. */
  constructor(program: Program, mayEnter: (module: ModuleId) => boolean) {
    this.#program = program
    this.#mayEnter = mayEnter
    this.by = new Int32Array(program.modules.length).fill(-1)
  }

  has(module: ModuleId): boolean {
    return this.by[module]! >= 0
  }

  /** Gives a draft everything that its roots import and nobody had before; `mayEnter` narrows it further. */
  spread(draft: Draft, number: number, mayEnter: (module: ModuleId) => boolean = () => true): void {
    const queue: ModuleId[] = []
    const add = (module: ModuleId): void => {
      if (this.by[module] !== -1 || !this.#mayEnter(module) || !mayEnter(module)) return
      this.by[module] = number
      queue.push(module)
    }
    for (const root of draft.roots) add(root)
    const { imports } = this.#program
    for (let head = 0; head < queue.length; head++) {
      for (const edge of imports.importsOf(queue[head]!)) if (edge.tier !== 'type-only') add(edge.to)
    }
  }
}
