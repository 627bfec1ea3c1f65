// Finds out how the tests of an application are run.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { cliErrors } from '../command/errors.ts'

/** A command that runs the tests. */
export interface TestCommand {
  readonly program: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly shell: boolean
  /** File that vitest writes its result into; undefined for a command that the user gave. */
  readonly report: string | undefined
  /** As a person would type it. */
  readonly shown: string
}

const configs = ['vitest.config.ts', 'vitest.config.js', 'vitest.config.mts', 'vitest.config.mjs', 'vite.config.ts']

/** A bad line takes its time; a test that only becomes slow does not break. */
const patience = ['--testTimeout=120000', '--hookTimeout=240000']

/**
 * The command that was given, else vitest on the folder of the application.
 * @throws `rehearse-tests-missing`
 */
export function findTestCommand(folder: string, given: string | undefined, report: string): TestCommand {
  if (given !== undefined)
    return { program: given, args: [], cwd: folder, shell: true, report: undefined, shown: given }
  const program = vitestOf(folder)
  if (program === undefined) throw cliErrors('rehearse-tests-missing', { details: { folder } })
  const cwd = configFolder(folder)
  const part = relative(cwd, folder) || '.'
  return {
    program: process.execPath,
    args: [program, 'run', part, '--reporter=json', `--outputFile=${report}`, ...patience],
    cwd,
    shell: false,
    report,
    shown: `vitest run ${part}`,
  }
}

function vitestOf(folder: string): string | undefined {
  try {
    const manifest = createRequire(join(folder, 'package.json')).resolve('vitest/package.json')
    const program = join(dirname(manifest), 'vitest.mjs')
    return existsSync(program) ? program : undefined
  } catch {
    return undefined
  }
}

function configFolder(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (configs.some((file) => existsSync(join(at, file)))) return at
    if (dirname(at) === at) return folder
  }
}
