// Runs the tests of an application and tells which of them failed.
import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import type { TestCommand } from './test-command.ts'

/** How a run of the tests went. */
export interface TestRun {
  readonly passed: boolean
  /** How many tests passed; undefined when the command does not tell. */
  readonly count: number | undefined
  readonly failures: readonly TestFailure[]
  /** The last of what the command wrote. */
  readonly lastWords: string
}

/** A test that failed. */
export interface TestFailure {
  readonly name: string
  readonly message: string
}

const mostWords = 8000

/** Runs the command; Ctrl-C stops it. */
export async function runTests(
  { program, args, cwd, shell, report }: TestCommand,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<TestRun> {
  if (report !== undefined) rmSync(report, { force: true })
  const child = spawn(program, [...args], { cwd, shell, env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'], signal })
  let words = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      words = `${words}${chunk.toString()}`.slice(-mostWords)
    })
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (error) => (signal.aborted ? resolve(null) : reject(error)))
    child.once('close', resolve)
  })
  const told = report === undefined ? undefined : readReport(report)
  return { passed: code === 0, count: told?.passed, failures: told?.failures ?? [], lastWords: words.trim() }
}

interface VitestReport {
  readonly numPassedTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages: readonly string[] | null
    }[]
  }[]
}

function readReport(file: string): { readonly passed: number; readonly failures: readonly TestFailure[] } | undefined {
  let report: VitestReport
  try {
    report = JSON.parse(readFileSync(file, 'utf8')) as VitestReport // written by the vitest that was just run
  } catch {
    return undefined
  }
  const failures = report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults
      .filter((result) => result.status === 'failed')
      .map(({ fullName, failureMessages }) => ({ name: fullName, message: firstLine(failureMessages?.[0] ?? '') }))
    // A file that could not even begin has no test that failed.
    return failed.length === 0 && status === 'failed' ? [{ name, message: firstLine(message) }] : failed
  })
  return { passed: report.numPassedTests, failures }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
