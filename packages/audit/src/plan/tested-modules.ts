// Which modules have tests near them: imported by a test, or by a module that a test imports.
import type { Program } from '../graph/contract.ts'

const TEST_NAME = /(?:^|\/)(?:test_(\w+)\.py|(\w+)_test\.py|([\w.-]+?)[.-](?:test|spec|e2e-spec)\.[cm]?[jt]sx?)$/

/** Last segment of `shop.orders.views` or of `src/orders/orders.service`. */
function lastName(name: string): string {
  const slash = name.lastIndexOf('/')
  return name.slice((slash < 0 ? name.lastIndexOf('.') : slash) + 1)
}

/** Paths of modules that a test imports, or that have a test named after them. */
export function testedModules(program: Program): ReadonlySet<string> {
  const tested = new Set<string>()
  const named = new Set<string>()
  for (const module of program.modules) {
    if (module.role !== 'test') continue
    const stem = TEST_NAME.exec(module.path)
    if (stem !== null) named.add(stem[1] ?? stem[2] ?? stem[3] ?? '')
    for (const edge of program.imports.importsOf(module.id)) {
      const path = program.modules[edge.to]?.path
      if (path !== undefined) tested.add(path)
    }
  }
  for (const module of program.modules) {
    if (module.role !== 'test' && named.has(lastName(module.name))) tested.add(module.path)
  }
  return tested
}
