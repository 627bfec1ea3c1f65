// From commits to the history facts: files, authors, hotspots, pairs that change together.
import { createHash } from 'node:crypto'
import type { Coupling, FileHistory, History } from './contract.ts'

/** One commit as the log gives it. */
export interface Commit {
  /** Seconds since 1970. */
  readonly time: number
  /** Any stable name of the author; it is not kept. */
  readonly author: string
  readonly files: readonly string[]
}

const DAY = 86_400
const LARGEST_CHANGE = 30
const MIN_SHARED = 5
const MIN_DEGREE = 0.3
/** Pairs that are counted at once; beyond, rare ones are lost, strong ones are not. */
const MAX_PAIRS = 500_000

/** The history when there is none to read. */
export function noHistory(reason: string): History {
  return { ...makeHistory([], reason), available: false }
}

/** Sums up commits, newest first. */
export function makeHistory(commits: readonly Commit[], reason: string, head = ''): History {
  const authorIds = new Map<string, number>()
  const authors: { commits: number; last: number }[] = []
  const newest = commits.reduce((most, commit) => Math.max(most, commit.time), 0)
  const oldest = commits.reduce((least, commit) => Math.min(least, commit.time), newest)
  const files = new Map<string, { commits: number; recentCommits: number; last: number; by: Map<number, number> }>()
  for (const commit of commits) {
    const author = idOf(commit.author, authorIds, authors)
    const entry = authors[author]
    if (entry !== undefined) {
      entry.commits++
      entry.last = Math.max(entry.last, commit.time)
    }
    for (const path of commit.files) {
      let file = files.get(path)
      if (file === undefined) {
        file = { commits: 0, recentCommits: 0, last: 0, by: new Map() }
        files.set(path, file)
      }
      file.commits++
      if (newest - commit.time < 180 * DAY) file.recentCommits++
      file.last = Math.max(file.last, commit.time)
      file.by.set(author, (file.by.get(author) ?? 0) + 1)
    }
  }
  const days = Math.round((newest - oldest) / DAY)
  const facts = new Map([...files].map(([path, file]): [string, FileHistory] => [path, fileHistory(file)]))
  let hotspots: ReadonlySet<string> | undefined
  let pairs: readonly Coupling[] | undefined
  return {
    digest: createHash('sha256').update(reason).update(JSON.stringify(commits)).digest('hex'),
    available: true,
    head,
    newest,
    reason,
    enough: commits.length >= 200 && days >= 182,
    commits: commits.length,
    days,
    authors,
    authorsInYear: authors.filter((author) => newest - author.last < 365 * DAY).length,
    files: facts,
    changes: commits.map((commit) => commit.files),
    isHotspot: (path) => {
      hotspots ??= mostChanged(facts)
      return hotspots.has(path)
    },
    get couplings() {
      pairs ??= coupled(commits, facts)
      return pairs
    },
  }
}

function idOf(name: string, ids: Map<string, number>, authors: { commits: number; last: number }[]): number {
  const known = ids.get(name)
  if (known !== undefined) return known
  ids.set(name, authors.length)
  authors.push({ commits: 0, last: 0 })
  return authors.length - 1
}

function fileHistory(file: {
  commits: number
  recentCommits: number
  last: number
  by: Map<number, number>
}): FileHistory {
  const authors = [...file.by]
    .map(([author, commits]) => ({ author, commits }))
    .sort((a, b) => b.commits - a.commits || a.author - b.author)
  return { commits: file.commits, recentCommits: file.recentCommits, last: file.last, authors }
}

/** The twentieth of the code files of each language with the most commits, of those with five or more. */
function mostChanged(files: ReadonlyMap<string, FileHistory>): ReadonlySet<string> {
  const endings = [/\.pyi?$/, /(?<!\.d)\.[cm]?[jt]sx?$/]
  return new Set(endings.flatMap((ending) => [...mostChangedOf(files, ending)]))
}

function mostChangedOf(files: ReadonlyMap<string, FileHistory>, ending: RegExp): ReadonlySet<string> {
  const code = [...files].filter(([path]) => ending.test(path) && !/(?:^|\/)(?:tests?|migrations)\//.test(path))
  const ranked = code.sort((a, b) => b[1].commits - a[1].commits || (a[0] < b[0] ? -1 : 1))
  const count = Math.ceil(ranked.length / 20)
  return new Set(
    ranked
      .slice(0, count)
      .filter(([, file]) => file.commits >= 5)
      .map(([path]) => path),
  )
}

function coupled(commits: readonly Commit[], files: ReadonlyMap<string, FileHistory>): Coupling[] {
  const shared = new Map<string, number>()
  for (const commit of commits) {
    const paths = commit.files
      .filter((path) => (files.get(path)?.commits ?? 0) >= MIN_SHARED && path.endsWith('.py'))
      .sort()
    if (paths.length < 2 || commit.files.length > LARGEST_CHANGE) continue
    for (const [index, a] of paths.entries()) {
      for (const b of paths.slice(index + 1)) {
        const key = `${a}\0${b}`
        const count = shared.get(key)
        if (count !== undefined) shared.set(key, count + 1)
        else if (shared.size < MAX_PAIRS) shared.set(key, 1)
      }
    }
  }
  const pairs: Coupling[] = []
  for (const [key, count] of shared) {
    if (count < MIN_SHARED) continue
    const [a = '', b = ''] = key.split('\0')
    const degree = count / Math.min(files.get(a)?.commits ?? count, files.get(b)?.commits ?? count)
    if (degree >= MIN_DEGREE) pairs.push({ a, b, shared: count, degree })
  }
  return pairs.sort((x, y) => y.degree - x.degree || y.shared - x.shared || (x.a + x.b < y.a + y.b ? -1 : 1))
}
