// What a .gitignore says, compiled so that a tree of many thousand files is judged in milliseconds.

/** Decides for one entry of a folder: true ignored, false kept by a `!` line, undefined not mentioned. */
export interface IgnoreRules {
  /** `path` is relative to the folder of the .gitignore, `/` between segments, without a trailing slash. */
  judge(path: string, name: string, isFolder: boolean): boolean | undefined
}

interface Line {
  readonly order: number
  readonly ignored: boolean
  readonly foldersOnly: boolean
}

/** Lines beyond this are not read: no real file has them, a hostile one may. */
const MAX_LINES = 20_000
const MAX_PATTERN = 1_000
const MAX_STARS = 4

/** Compiles the text of a .gitignore. Plain names and `*.ext` go to tables; only the rest are regular expressions. */
export const compileIgnore = (text: string): IgnoreRules => {
  const names = new Map<string, Line[]>()
  const endings = new Map<string, Line[]>()
  const patterns: (Line & { readonly pattern: RegExp; readonly anchored: boolean })[] = []
  const lines = text.split(/\r?\n/, MAX_LINES)
  for (const [order, written] of lines.entries()) {
    let pattern = written.replace(/(?<!\\) +$/, '')
    if (pattern === '' || pattern.startsWith('#') || pattern.length > MAX_PATTERN) continue
    const ignored = !pattern.startsWith('!')
    if (!ignored) pattern = pattern.slice(1)
    const foldersOnly = pattern.endsWith('/')
    if (foldersOnly) pattern = pattern.slice(0, -1)
    const anchored = pattern.includes('/')
    if (pattern.startsWith('/')) pattern = pattern.slice(1)
    if (pattern === '') continue
    const line: Line = { order, ignored, foldersOnly }
    const ending = /^\*(\.[^*?[\\/]+)$/.exec(pattern)?.[1]
    if (!anchored && ending !== undefined && !ending.slice(1).includes('.')) append(endings, ending, line)
    else if (!anchored && !/[*?[\\]/.test(pattern)) append(names, pattern, line)
    else {
      const compiled = compilePattern(pattern)
      if (compiled !== undefined) patterns.push({ ...line, pattern: compiled, anchored })
    }
  }
  return {
    judge(path, name, isFolder) {
      let order = -1
      let verdict: boolean | undefined
      const consider = (line: Line): void => {
        if (line.order <= order || (line.foldersOnly && !isFolder)) return
        order = line.order
        verdict = line.ignored
      }
      for (const line of names.get(name) ?? []) consider(line)
      const dot = name.lastIndexOf('.')
      if (dot >= 0) for (const line of endings.get(name.slice(dot)) ?? []) consider(line)
      for (const line of patterns)
        if (line.order > order && line.pattern.test(line.anchored ? path : name)) consider(line)
      return verdict
    },
  }
}

const append = (map: Map<string, Line[]>, key: string, line: Line): void => {
  const list = map.get(key)
  if (list === undefined) map.set(key, [line])
  else list.push(line)
}

/**
 * A glob as a regular expression; undefined for a broken one and for one with so many stars that a hostile name could
 * make matching slow.
 */
export const compilePattern = (glob: string): RegExp | undefined => {
  let source = ''
  let stars = 0
  for (let at = 0; at < glob.length; at++) {
    const c = glob[at]!
    if (c === '*') {
      if (++stars > MAX_STARS) return undefined
      const double = glob[at + 1] === '*' && (at === 0 || glob[at - 1] === '/')
      if (double && glob[at + 2] === '/') {
        source += '(?:[^/]+/)*'
        at += 2
      } else if (double && at + 2 === glob.length) {
        source += '.+'
        at++
      } else {
        while (glob[at + 1] === '*') at++
        source += '[^/]*'
      }
    } else if (c === '?') source += '[^/]'
    else if (c === '[') {
      const end = glob.indexOf(
        ']',
        glob[at + 1] === ']' || glob[at + 1] === '!' || glob[at + 1] === '^' ? at + 3 : at + 2,
      )
      if (end < 0) return undefined
      const inside = glob
        .slice(at + 1, end)
        .replace(/^[!^]/, '')
        .replace(/[\\\]^[]/g, '\\$&')
      source += /^[!^]/.test(glob.slice(at + 1)) ? `[^/${inside}]` : `[${inside}]`
      at = end
    } else if (c === '\\' && at + 1 < glob.length) source += escapeLetter(glob[++at]!)
    else source += escapeLetter(c)
  }
  try {
    return new RegExp(`^${source}$`, 's')
  } catch {
    return undefined
  }
}

const escapeLetter = (letter: string): string => letter.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')
