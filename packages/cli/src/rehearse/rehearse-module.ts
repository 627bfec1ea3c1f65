// One rehearsal: the tests with the module elsewhere, the same tests in one process when some failed, and the verdict.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RehearsalPlan } from '@footing/core/testing'
import { requireApplication } from '../application/application.ts'
import { loadApplication } from '../application/load-application.ts'
import type { CommandContext } from '../command/command.ts'
import { cliErrors } from '../command/errors.ts'
import { deploymentOf } from './deployment.ts'
import { findingsOf, remarksOf } from './findings.ts'
import { readNotes } from './read-notes.ts'
import { disturbancesOf } from './request.ts'
import { runTests, type TestRun } from './run-tests.ts'
import type { RehearsalResult } from './show-rehearsal.ts'
import { findTestCommand, type TestCommand } from './test-command.ts'

/**
 * Rehearses; undefined when it was stopped.
 * @throws `app-missing`, `rehearse-module-unknown`, `rehearse-option-wrong`, `rehearse-tests-missing`, `rehearse-empty`
 */
export async function rehearseModule(context: CommandContext): Promise<RehearsalResult | undefined> {
  const { args, options, cwd, env, signal, terminal } = context
  const module = String(args.module)
  const place = requireApplication(cwd, typeof args.app === 'string' ? args.app : undefined, `rehearse ${module}`)
  const { folder } = place
  const disturbances = disturbancesOf(context)
  const app = await loadApplication(place)
  const { modules } = app
  const manifest = modules.find(({ name }) => name === module)
  if (manifest === undefined) {
    const known = modules.map(({ name }) => name).join(', ')
    throw cliErrors('rehearse-module-unknown', { details: { module, known } })
  }
  const scratch = mkdtempSync(join(tmpdir(), 'footing-rehearsal-'))
  try {
    const given = typeof options.test === 'string' ? options.test : undefined
    const command = findTestCommand(folder, given, join(scratch, 'tests.json'))
    const plan: RehearsalPlan = { ...disturbances, notes: join(scratch, 'notes') }
    terminal.note(`${command.shown}, with ${module} in another process …`)
    const placed = {
      ...env,
      FOOTING_PLACE: module,
      FOOTING_PLACE_APP: place.entry,
      FOOTING_REHEARSAL: JSON.stringify(plan),
    }
    const tests = await runTests(command, placed, signal)
    if (signal.aborted) return undefined
    const notes = readNotes(plan.notes)
    const empty = () => cliErrors('rehearse-empty', { details: { module, command: command.shown } })
    const uncalled = Object.keys(notes.calls).length === 0
    if (uncalled && tests.passed) throw empty()
    const alone = tests.passed ? undefined : await runInOneProcess(command, context)
    if (signal.aborted) return undefined
    const { broken, anyway } = compare(tests, alone)
    // Tests that fail in one process too, and never called the module, prove nothing about it.
    if (uncalled && broken.length === 0) throw empty()
    const roundTripMs = 2 * Math.max(1, disturbances.latencyMs)
    const findings = findingsOf(module, notes, broken, roundTripMs)
    return {
      ok: findings.length === 0 && anyway.length === 0,
      module,
      command: command.shown,
      tests: { passed: tests.count ?? null, failed: tests.failures.length },
      failedAnyway: anyway,
      findings,
      remarks: remarksOf(manifest, modules, notes),
      roundTripMs,
      notes,
      deployment: deploymentOf(manifest, app),
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function runInOneProcess(command: TestCommand, { env, signal, terminal }: CommandContext): Promise<TestRun> {
  terminal.note('some tests failed; the same tests in one process …')
  return runTests(command, env, signal)
}

/** What fails only with the module elsewhere, and what fails anyway. */
function compare(tests: TestRun, alone: TestRun | undefined) {
  const told =
    tests.failures.length > 0 || tests.passed ? tests.failures : [{ name: 'the tests', message: lastLine(tests) }]
  const also = new Set(alone?.failures.map(({ name }) => name))
  // A command that names no tests can only be compared as a whole.
  const wholly = alone !== undefined && !alone.passed && alone.failures.length === 0
  const fails = (name: string) => wholly || also.has(name)
  return { broken: told.filter(({ name }) => !fails(name)), anyway: told.filter(({ name }) => fails(name)) }
}

function lastLine({ lastWords }: TestRun): string {
  return lastWords.split('\n').at(-1) ?? ''
}
