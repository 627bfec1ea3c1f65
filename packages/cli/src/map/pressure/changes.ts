// How modules change, from the history of the repository: how often, alone or together, and by whom.
import { askGit } from '@footing/audit/repository'

/** Changes of one module within the window. */
export interface ModuleChanges {
  readonly commits: number
  /** Commits that touch no other module. */
  readonly alone: number
  readonly authors: number
  /** Commits by people who change no other module within the window. */
  readonly byOwnPeople: number
  /** Releases (tags) within the window that brought a change of it, and all of them. */
  readonly releases: number
  /** The module that changes together with it most often, with the number of commits. */
  readonly partner: { readonly module: string; readonly commits: number } | undefined
}

/** Changes of all modules. */
export interface Changes {
  readonly days: number
  readonly commits: number
  readonly releases: number
  readonly modules: ReadonlyMap<string, ModuleChanges>
}

/** Commits beyond this many are left out, the oldest first. */
const mostCommits = 20_000
/** A commit of more files than this is a move or a format run and says nothing about modules. */
const mostFiles = 300
const limits = { bytes: 256 << 20, milliseconds: 30_000 }

interface Commit {
  readonly author: string
  readonly modules: ReadonlySet<string>
  /** Tags on this commit. */
  readonly released: boolean
}

/** Reads git. Undefined where there is no history: no repository, no git, or a shallow clone of one commit. */
export async function readChanges(
  repository: string,
  folders: ReadonlyMap<string, string>,
  days: number,
  signal?: AbortSignal,
): Promise<Changes | undefined> {
  // %x1e and %x1f cannot stand in a name, so no author can pretend to be a commit. Authors are counted, never shown.
  const format = '%x1e%aE%x1f%D%x1f'
  const args = [
    '--no-merges',
    '-z',
    '--name-only',
    `--max-count=${mostCommits}`,
    `--since=${days} days ago`,
    '--decorate=full',
    `--format=${format}`,
  ]
  const { output, failure } = await askGit(repository, 'log', args, limits, signal)
  if (failure !== undefined) return undefined
  return countChanges(parseLog(output, folders), [...folders.keys()], days)
}

function parseLog(text: string, folders: ReadonlyMap<string, string>): readonly Commit[] {
  const places = [...folders].map(([module, folder]) => ({ module, start: folder === '' ? '' : `${folder}/` }))
  return text
    .split('\x1e')
    .slice(1)
    .flatMap((record) => {
      const [author = '', decoration = '', names = ''] = record.split('\x1f')
      const files = names.split(/[\0\n]/).filter((name) => name !== '')
      if (files.length > mostFiles) return []
      const modules = files.flatMap((file) =>
        places.filter(({ start }) => file.startsWith(start)).map(({ module }) => module),
      )
      return [{ author: author.toLowerCase(), modules: new Set(modules), released: decoration.includes('refs/tags/') }]
    })
}

/** Counts commits, newest first. Exported for tests with a history as data. */
export function countChanges(
  commits: readonly Commit[],
  modules: readonly string[],
  days: number,
): Changes | undefined {
  if (commits.length === 0) return undefined
  const touchedBy = new Map<string, Set<string>>()
  for (const { author, modules: touched } of commits) {
    const known = touchedBy.get(author) ?? new Set()
    for (const module of touched) known.add(module)
    touchedBy.set(author, known)
  }
  // Newest first: what stands between two tags came out with the newer one.
  let release = 0
  const releaseOf = commits.map((commit) => (commit.released ? ++release : release))
  const counted = modules.map((name): readonly [string, ModuleChanges] => {
    const own = commits.flatMap((commit, index) =>
      commit.modules.has(name) ? [{ commit, release: releaseOf[index] ?? 0 }] : [],
    )
    const partners = new Map<string, number>()
    for (const { commit } of own) {
      for (const other of commit.modules) if (other !== name) partners.set(other, (partners.get(other) ?? 0) + 1)
    }
    const [partner] = [...partners].toSorted(([, left], [, right]) => right - left)
    return [
      name,
      {
        commits: own.length,
        alone: own.filter(({ commit }) => commit.modules.size === 1).length,
        authors: new Set(own.map(({ commit }) => commit.author)).size,
        byOwnPeople: own.filter(({ commit }) => touchedBy.get(commit.author)?.size === 1).length,
        releases: new Set(own.map((change) => change.release).filter((number) => number > 0)).size,
        partner: partner === undefined ? undefined : { module: partner[0], commits: partner[1] },
      },
    ]
  })
  return { days, commits: commits.length, releases: release, modules: new Map(counted) }
}
