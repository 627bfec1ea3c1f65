// The one way to ask git about a repository: nothing in it can start a program, nothing is fetched, and it ends in time.
import { spawn } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { devNull } from 'node:os'
import { delimiter, isAbsolute, join } from 'node:path'

/** What may be asked. A further one is added together with what makes it safe. */
export type GitCommand = 'log' | 'rev-parse'

/** Bounds of one question. */
export interface GitLimits {
  readonly bytes: number
  readonly milliseconds: number
}

/** What git said. With a failure, `output` is what came before it. */
export interface GitAnswer {
  readonly output: string
  readonly failure: string | undefined
}

/**
 * Asks git in a folder. Without git, outside a work tree, after too long or too much output the answer is a failure in
 * words; it never throws. `args` stand behind the command.
 */
export function askGit(
  folder: string,
  command: GitCommand,
  args: readonly string[],
  limits: GitLimits,
  signal?: AbortSignal,
): Promise<GitAnswer> {
  const program = findGit()
  if (program === undefined) return Promise.resolve({ output: '', failure: 'git is not installed' })
  return new Promise((resolve) => {
    const argv = ['--no-pager', ...overridden.flatMap((setting) => ['-c', setting]), command, ...safe[command], ...args]
    const child = spawn(program, argv, { cwd: folder, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] })
    const chunks: Buffer[] = []
    let bytes = 0
    let complaint = ''
    const end = (failure: string | undefined): void => {
      clearTimeout(patience)
      signal?.removeEventListener('abort', interrupt)
      resolve({ output: Buffer.concat(chunks).toString('utf8'), failure })
    }
    // What git started may hold the pipes after its death: nobody waits for that.
    const stop = (failure: string): void => {
      child.kill('SIGKILL')
      child.stdout.destroy()
      child.stderr.destroy()
      end(failure)
    }
    const interrupt = (): void => stop('interrupted')
    const patience = setTimeout(() => stop(`git took longer than ${limits.milliseconds / 1000} s`), limits.milliseconds)
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= limits.bytes) chunks.push(chunk)
      else stop('the history was cut: too much output')
    })
    child.stderr.on('data', (chunk: Buffer) => {
      if (complaint.length < 2000) complaint += chunk.toString('utf8')
    })
    child.on('error', () => end('git could not run'))
    child.on('close', (code) => end(code === 0 ? undefined : meaning(complaint)))
    if (signal?.aborted === true) interrupt()
    else signal?.addEventListener('abort', interrupt, { once: true })
  })
}

/**
 * Settings of a repository that name a program, a place to fetch from, or a file that is read without end. The command
 * line has the last word over every file of settings.
 */
const overridden: readonly string[] = [
  'core.fsmonitor=false',
  `core.hooksPath=${devNull}`,
  'core.pager=cat',
  'core.sshCommand=false',
  'core.gitProxy=',
  'core.askPass=',
  'core.editor=false',
  'core.alternateRefsCommand=',
  `core.attributesFile=${devNull}`,
  `core.excludesFile=${devNull}`,
  'credential.helper=',
  'gpg.program=false',
  'gpg.ssh.program=false',
  'gpg.x509.program=false',
  'diff.external=',
  `diff.orderFile=${devNull}`,
  'log.showSignature=false',
  'log.mailmap=false',
  'protocol.allow=never',
  // A folder of a clone can look like a bare repository and bring its own settings.
  'safe.bareRepository=explicit',
  'core.quotePath=false',
]

const safe: Readonly<Record<GitCommand, readonly string[]>> = {
  log: ['--no-show-signature', '--no-ext-diff', '--no-textconv', '--no-mailmap'],
  'rev-parse': [],
}

/** Variables that would make git look at another repository than the folder's, as a hook of git sets them. */
const elsewhere = [
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_COMMON_DIR',
  'GIT_INDEX_FILE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_NAMESPACE',
  'GIT_PREFIX',
  'GIT_SHALLOW_FILE',
  'GIT_EXTERNAL_DIFF',
]

function environment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_LAZY_FETCH: '1',
    // Empty: no transport at all, whatever protocol.<name>.allow of the repository says.
    GIT_ALLOW_PROTOCOL: '',
    GIT_ATTR_NOSYSTEM: '1',
    LC_ALL: 'C',
  }
  for (const name of elsewhere) delete env[name]
  return env
}

/** Git on PATH by its whole path. A relative entry of PATH would name a program inside the folder that is read. */
function findGit(): string | undefined {
  const name = process.platform === 'win32' ? 'git.exe' : 'git'
  const folders = (process.env.PATH ?? process.env.Path ?? '').split(delimiter).filter((folder) => isAbsolute(folder))
  return folders.map((folder) => join(folder, name)).find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

function meaning(complaint: string): string {
  if (/not a git repository|cannot use bare repository/.test(complaint)) return 'not a git repository'
  if (/dubious ownership/.test(complaint)) return 'git distrusts the owner of this folder (safe.directory)'
  if (/does not have any commits|unknown revision|bad revision/.test(complaint)) return 'no commits yet'
  return 'git could not read the history'
}
