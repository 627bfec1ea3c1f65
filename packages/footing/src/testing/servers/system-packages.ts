// Finds server programs on the machine and installs their Debian packages where it may; else says exactly what to run.
import { execFile } from 'node:child_process'
import { access, constants, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { testingError } from './errors.ts'

const run = promisify(execFile)

/** A program and the Debian package that brings it. */
export interface SystemProgram {
  readonly program: string
  readonly debianPackage: string
}

/** Every program that the test suite starts and npm does not bring. */
export const testPrograms: readonly SystemProgram[] = [
  { program: 'pgbouncer', debianPackage: 'pgbouncer' },
  { program: 'redis-server', debianPackage: 'redis-server' },
  { program: 'python3', debianPackage: 'python3' },
  { program: 'git', debianPackage: 'git' },
]

/**
 * Paths of the programs by name; those that are missing are installed first, all at once.
 * @param log told what takes time
 * @throws `test-program-missing` with the command to run, `test-install-failed`
 */
export async function ensurePrograms(
  programs: readonly SystemProgram[],
  log: (line: string) => void,
): Promise<ReadonlyMap<string, string>> {
  const before = await locate(programs)
  const missing = programs.filter(({ program }) => !before.has(program))
  if (missing.length === 0) return before

  const packages = missing.map(({ debianPackage }) => debianPackage)
  await install(packages, log)
  const after = await locate(programs)
  const still = missing.filter(({ program }) => !after.has(program))
  if (still.length > 0) throw missingError(still.map(({ debianPackage }) => debianPackage))
  return after
}

async function locate(programs: readonly SystemProgram[]): Promise<Map<string, string>> {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin']
  const found = new Map<string, string>()
  for (const { program } of programs) {
    for (const folder of folders) {
      const path = join(folder, program)
      const usable = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
      if (!usable) continue
      found.set(program, path)
      break
    }
  }
  return found
}

async function install(packages: readonly string[], log: (line: string) => void): Promise<void> {
  const asRoot = await rootPrefix()
  const hasApt = await works(['apt-get', '--version'])
  if (!hasApt || asRoot === undefined || process.env.FOOTING_TEST_INSTALL === 'never') throw missingError(packages)

  const started = performance.now()
  log(`installing for the tests: ${packages.join(', ')} (Debian packages, once, up to 5 minutes)`)
  const quiet = ['-q', '-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=2']
  const script = [
    `apt-get ${quiet.join(' ')} update`,
    `apt-get ${quiet.join(' ')} install -y --no-install-recommends ${packages.join(' ')}`,
  ].join(' && ')
  const release = await keepServicesDown(asRoot)
  try {
    // One installation at a time on this machine, whoever else runs these tests.
    const command = [
      ...asRoot,
      'env',
      'DEBIAN_FRONTEND=noninteractive',
      'flock',
      '-w',
      '240',
      '/var/lock',
      'sh',
      '-c',
      script,
    ]
    const [program = 'false', ...args] = command
    await run(program, args, { timeout: 300_000, maxBuffer: 16 * 1024 * 1024 })
  } catch (error) {
    throw testingError('test-install-failed', { packages: packages.join(' '), reason: lastLines(error) }, error)
  } finally {
    await release()
  }
  log(`installed in ${((performance.now() - started) / 1000).toFixed(1)} s`)
}

async function rootPrefix(): Promise<readonly string[] | undefined> {
  if (process.getuid?.() === 0) return []
  return (await works(['sudo', '-n', 'true'])) ? ['sudo', '-n'] : undefined
}

// A Debian package starts its service on the default port; ours run on free ports, so a policy says no for that time.
async function keepServicesDown(asRoot: readonly string[]): Promise<() => Promise<void>> {
  const policy = '/usr/sbin/policy-rc.d'
  if (asRoot.length > 0) return async () => undefined
  try {
    await writeFile(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' })
    return () => rm(policy, { force: true })
  } catch {
    // The machine has a policy of its own.
    return async () => undefined
  }
}

async function works([program = 'false', ...args]: readonly string[]): Promise<boolean> {
  return run(program, args, { timeout: 10_000 }).then(
    () => true,
    () => false,
  )
}

function missingError(packages: readonly string[]): Error {
  const names = packages.join(' ')
  const command =
    process.platform === 'darwin'
      ? `brew install ${names.replace('redis-server', 'redis')}`
      : `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${names}`
  return testingError('test-program-missing', { packages: names, command })
}

function lastLines(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const stderr = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr : ''
  return (stderr.trim() === '' ? error.message : stderr).trim().split('\n').slice(-3).join(' | ').slice(0, 500)
}
