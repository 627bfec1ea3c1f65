// Which modules have tests near them: imported by a test, or by a module that a test imports.
import type { Program } from '../graph/contract.ts'

/** Paths of modules that a test imports, or that have a test named after them. */
export function testedModules(program: Program): ReadonlySet<string> {
  const tested = new Set<string>()
  const named = new Set<string>()
  for (const module of program.modules) {
    if (module.role !== 'test') continue
    const stem = /(?:^|\/)(?:test_([\w]+)|([\w]+)_test)\.py$/.exec(module.path)
    if (stem !== null) named.add(stem[1] ?? stem[2] ?? '')
    for (const edge of program.imports.importsOf(module.id)) {
      const path = program.modules[edge.to]?.path
      if (path !== undefined) tested.add(path)
    }
  }
  for (const module of program.modules) {
    if (module.role !== 'test' && named.has(module.name.slice(module.name.lastIndexOf('.') + 1)))
      tested.add(module.path)
  }
  return tested
}
