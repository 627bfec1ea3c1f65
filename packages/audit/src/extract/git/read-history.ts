// Reads the history with one `git log`: no shell, no hooks, no network, bounded time and output.
import { spawn } from 'node:child_process'
import type { History } from './contract.ts'
import { type Commit, makeHistory, noHistory } from './history.ts'

/** Limits of the pass. */
export interface HistoryLimits {
  readonly commits: number
  readonly bytes: number
  readonly milliseconds: number
}

/** Newest commits that are read; enough for trailing windows of any repository that people still change. */
export const HISTORY_LIMITS: HistoryLimits = { commits: 5000, bytes: 64 * 1024 * 1024, milliseconds: 20_000 }

/**
 * The history of a folder. Without git, outside a work tree, or when git fails it is unavailable and says why; it never
 * throws. Settings of the audited repository that could start a program are switched off.
 */
export async function readHistory(root: string, limits = HISTORY_LIMITS, signal?: AbortSignal): Promise<History> {
  const shallow = await git(root, ['rev-parse', '--is-shallow-repository'], limits, signal)
  if (shallow.failure !== undefined) return noHistory(shallow.failure)
  const log = await git(root, logArguments(limits), limits, signal)
  if (log.failure !== undefined && log.output === '') return noHistory(log.failure)
  const commits = parseLog(log.output)
  const reasons = [
    shallow.output.trim() === 'true' ? `shallow clone, ${commits.length} commits` : '',
    log.failure ?? '',
    commits.length >= limits.commits ? `the newest ${limits.commits} commits` : '',
  ]
  return makeHistory(commits, reasons.filter((reason) => reason !== '').join('; '))
}

function logArguments(limits: HistoryLimits): string[] {
  return [
    'log',
    `--max-count=${limits.commits}`,
    '--no-merges',
    '--no-renames',
    '--name-only',
    '--relative',
    '--no-show-signature',
    '--no-ext-diff',
    '--no-textconv',
    '-z',
    '--format=%x01%at %aE',
    'HEAD',
    '--',
    '.',
  ]
}

/** Parses the output of `git log -z --name-only` in our format; anything unexpected is passed over. */
export function parseLog(output: string): Commit[] {
  const commits: { time: number; author: string; files: string[] }[] = []
  for (const token of output.split('\0')) {
    const text = token.replace(/^\n+/, '')
    if (text.startsWith('\x01')) {
      const [header = '', ...files] = text.slice(1).split('\n')
      const space = header.indexOf(' ')
      const time = Number(header.slice(0, space))
      if (!Number.isFinite(time) || space < 0) continue
      const present = files.filter((file) => file !== '')
      commits.push({ time, author: header.slice(space + 1).toLowerCase(), files: present })
    } else if (text !== '') commits.at(-1)?.files.push(text)
  }
  return commits
}

interface GitAnswer {
  readonly output: string
  readonly failure: string | undefined
}

function git(root: string, args: readonly string[], limits: HistoryLimits, signal?: AbortSignal): Promise<GitAnswer> {
  return new Promise((resolve) => {
    const safe = [
      '-c',
      'core.fsmonitor=false',
      '-c',
      'core.hooksPath=/dev/null',
      '-c',
      'log.showSignature=false',
      '-c',
      'core.quotePath=false',
    ]
    const child = spawn('git', ['--no-pager', ...safe, ...args], {
      cwd: root,
      env: { ...process.env, GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', GIT_NO_LAZY_FETCH: '1', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limits.milliseconds,
      ...(signal === undefined ? {} : { signal }),
    })
    const chunks: Buffer[] = []
    let bytes = 0
    let stopped: string | undefined
    let complaint = ''
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= limits.bytes) chunks.push(chunk)
      else if (stopped === undefined) {
        stopped = 'the history was cut: too much output'
        child.kill()
      }
    })
    child.stderr.on('data', (chunk: Buffer) => {
      if (complaint.length < 2000) complaint += chunk.toString('utf8')
    })
    child.on('error', (error) =>
      resolve({
        output: '',
        failure: 'code' in error && error.code === 'ENOENT' ? 'git is not installed' : 'git could not run',
      }),
    )
    child.on('close', (code, killedBy) => {
      const output = Buffer.concat(chunks).toString('utf8')
      const late = killedBy === null ? undefined : `git took longer than ${limits.milliseconds / 1000} s`
      resolve({ output, failure: stopped ?? late ?? (code === 0 ? undefined : meaning(complaint)) })
    })
  })
}

function meaning(complaint: string): string {
  if (/not a git repository/.test(complaint)) return 'not a git repository'
  if (/dubious ownership/.test(complaint)) return 'git distrusts the owner of this folder (safe.directory)'
  if (/does not have any commits|unknown revision|bad revision/.test(complaint)) return 'no commits yet'
  return 'git could not read the history'
}
