// The history facts: who changed what, how often and together, from one bounded pass of `git log`.
// Counted in commits, not lines: listing names costs a twenty-fifth of diffing contents (2,000 commits of saleor: 0.25 s, 6.9 s).

/** History of one file that exists now; a renamed file begins anew. */
export interface FileHistory {
  readonly commits: number
  /** Commits of the trailing 180 days before the newest commit. */
  readonly recentCommits: number
  /** Commits by author (number in `History.authors`), most first. */
  readonly authors: readonly { readonly author: number; readonly commits: number }[]
  /** Seconds since 1970 of the last commit. */
  readonly last: number
}

/** Two files that change together. */
export interface Coupling {
  readonly a: string
  readonly b: string
  /** Commits that changed both; change sets over 30 files are left out. */
  readonly shared: number
  /** shared ÷ the smaller number of commits of the two, 0 to 1. */
  readonly degree: number
}

/** The history of the audited folder. */
export interface History {
  /** Hash of everything that was read: the same hash, the same history. */
  readonly digest: string
  /** False without git, in an export, or when git fails. */
  readonly available: boolean
  /** The commit that is checked out, in full; '' when unknown. */
  readonly head: string
  /** Seconds since 1970 of the newest commit read; 0 for none. */
  readonly newest: number
  /** Why it is not available, or what limits it: "shallow clone of 1 commit". Empty when all is well. */
  readonly reason: string
  /** True with 200 commits or more over six months or more. Below, say "not enough history". */
  readonly enough: boolean
  readonly commits: number
  /** Days between the oldest and the newest commit read. */
  readonly days: number
  /** Names of authors are hashed away: a number is a person. Commits and last activity in seconds. */
  readonly authors: readonly { readonly commits: number; readonly last: number }[]
  /** Authors with a commit in the year before the newest commit. */
  readonly authorsInYear: number
  readonly files: ReadonlyMap<string, FileHistory>
  /** Path → true for the most changed twentieth of the files that are code. */
  isHotspot(path: string): boolean
  /** Pairs with degree ≥ 0.3 and shared ≥ 5, strongest first. */
  readonly couplings: readonly Coupling[]
  /** The files of each commit, newest first, for rules that group by folder. At most 20,000 commits. */
  readonly changes: readonly (readonly string[])[]
}
