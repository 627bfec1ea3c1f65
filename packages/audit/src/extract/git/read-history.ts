// Reads the history with one `git log`.
import { askGit, type GitLimits } from '../../repository/index.ts'
import type { History } from './contract.ts'
import { type Commit, makeHistory, noHistory } from './history.ts'

/** Limits of the pass. */
export interface HistoryLimits extends GitLimits {
  readonly commits: number
}

/** Newest commits that are read; enough for trailing windows of any repository that people still change. */
const HISTORY_LIMITS: HistoryLimits = { commits: 5000, bytes: 64 * 1024 * 1024, milliseconds: 20_000 }

/**
 * The history of a folder. Without git, outside a work tree, or when git fails it is unavailable and says why; it never
 * throws.
 */
export async function readHistory(root: string, limits = HISTORY_LIMITS, signal?: AbortSignal): Promise<History> {
  const shallow = await askGit(root, 'rev-parse', ['--is-shallow-repository', 'HEAD'], limits, signal)
  if (shallow.failure !== undefined) return noHistory(shallow.failure)
  const [isShallow, head = ''] = shallow.output.trim().split('\n')
  const log = await askGit(root, 'log', logArguments(limits), limits, signal)
  if (log.failure !== undefined && log.output === '') return noHistory(log.failure)
  const commits = parseLog(log.output)
  const reasons = [
    isShallow === 'true' ? `shallow clone, ${commits.length} commits` : '',
    log.failure ?? '',
    commits.length >= limits.commits ? `the newest ${limits.commits} commits` : '',
  ]
  return makeHistory(
    commits,
    reasons.filter((reason) => reason !== '').join('; '),
    /^[0-9a-f]{40,64}$/.test(head) ? head : '',
  )
}

function logArguments(limits: HistoryLimits): string[] {
  return [
    `--max-count=${limits.commits}`,
    '--no-merges',
    '--no-renames',
    '--name-only',
    '--relative',
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
