// The order of rows and columns: callers first, the called last, and modules of a cycle side by side.
import { byText, type ModuleMap } from './model/module-map.ts'

/** What arranging found. */
export interface Arrangement {
  /** Module names; an arrow from a later name to an earlier one runs against the order. */
  readonly order: readonly string[]
  /** Modules that depend on each other in a cycle, largest set first. */
  readonly cycles: readonly (readonly string[])[]
}

/**
 * Strongly connected components in order of dependence; inside a component a greedy feedback-arc order, so that few
 * arrows run backwards (Eades, Lin and Smyth 1993).
 */
export function arrange(map: Pick<ModuleMap, 'modules' | 'arrows'>): Arrangement {
  const names = map.modules.map((module) => module.name).toSorted(byText)
  const targets = new Map<string, string[]>(names.map((name) => [name, []]))
  for (const { from, to } of map.arrows) if (from !== to) targets.get(from)?.push(to)
  const components = componentsOf(names, targets)
  return {
    order: components.flatMap((component) => (component.length === 1 ? component : unwind(component, targets))),
    cycles: components
      .filter((component) => component.length > 1)
      .map((component) => component.toSorted(byText))
      .toSorted((left, right) => right.length - left.length || byText(left[0] ?? '', right[0] ?? '')),
  }
}

type Targets = ReadonlyMap<string, readonly string[]>

/** Tarjan's algorithm with a stack of its own: a long chain must not end in a stack overflow. Callers come first. */
function componentsOf(names: readonly string[], targets: Targets): string[][] {
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const open: string[] = []
  const onStack = new Set<string>()
  const found: string[][] = []
  for (const root of names) {
    if (index.has(root)) continue
    const walk: { readonly name: string; next: number }[] = []
    const enter = (name: string): void => {
      index.set(name, index.size)
      low.set(name, index.size - 1)
      open.push(name)
      onStack.add(name)
      walk.push({ name, next: 0 })
    }
    enter(root)
    for (let top = walk.at(-1); top !== undefined; top = walk.at(-1)) {
      const { name } = top
      const target = targets.get(name)?.[top.next]
      if (target !== undefined) {
        top.next++
        if (!index.has(target)) enter(target)
        else if (onStack.has(target)) low.set(name, Math.min(low.get(name) ?? 0, index.get(target) ?? 0))
        continue
      }
      walk.pop()
      const parent = walk.at(-1)
      if (parent !== undefined) low.set(parent.name, Math.min(low.get(parent.name) ?? 0, low.get(name) ?? 0))
      if (low.get(name) !== index.get(name)) continue
      const component = open.splice(open.indexOf(name))
      for (const member of component) onStack.delete(member)
      found.push(component)
    }
  }
  return found.reverse()
}

function unwind(component: readonly string[], targets: Targets): string[] {
  const left = new Set(component.toSorted(byText))
  const head: string[] = []
  const tail: string[] = []
  const inside = (names: readonly string[]): number => names.filter((name) => left.has(name)).length
  while (left.size > 0) {
    const sink = [...left].find((name) => inside(targets.get(name) ?? []) === 0)
    if (sink !== undefined) {
      tail.unshift(sink)
      left.delete(sink)
      continue
    }
    const surplus = (name: string): number =>
      inside(targets.get(name) ?? []) - [...left].filter((other) => targets.get(other)?.includes(name) === true).length
    const [first] = [...left].toSorted((one, other) => surplus(other) - surplus(one) || byText(one, other))
    if (first === undefined) break
    head.push(first)
    left.delete(first)
  }
  return [...head, ...tail]
}
