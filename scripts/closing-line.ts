// A vitest reporter that ends each run with one plain line, `N passed, N failed`, for programs that read the output.
import type { Reporter, SerializedError, TestModule } from 'vitest/node'

/** Counts tests; a file that could not be read and an error outside of a test count as one failure each. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    let passed = 0
    let failed = errors.length
    for (const module of modules) {
      failed += module.errors().length
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') passed += 1
        if (state === 'failed') failed += 1
      }
    }
    process.stdout.write(`${passed} passed, ${failed} failed\n`)
  }
}
