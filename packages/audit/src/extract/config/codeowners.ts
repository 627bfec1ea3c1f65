// CODEOWNERS as the hosting service reads it: GitHub's matching rules, GitLab's sections.
import type { OwnersFile, OwnersLine } from './contract.ts'

/** Where the services look, in their order; the first that exists counts. */
export const OWNERS_PATHS = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS', '.gitlab/CODEOWNERS'] as const

const OWNER = /^(?:@[\w.-]+(?:\/[\w./-]+)?|@@[\w-]+|[^\s@]+@[^\s@]+\.[^\s@]+)$/

/**
 * Reads a CODEOWNERS file. The last matching line decides; in GitLab's dialect the last of each section. A line that
 * the service would ignore is kept as malformed, with the reason.
 */
export function readCodeowners(path: string, text: string): OwnersFile {
  const lines: OwnersLine[] = []
  const malformed: { line: number; text: string; reason: string }[] = []
  const gitlab = path.startsWith('.gitlab/') || /^\^?\[[^\]]+\]/m.test(text)
  let section = ''
  let defaults: readonly string[] = []
  for (const [index, raw] of text.split(/\r?\n/).slice(0, 50_000).entries()) {
    const content = stripComment(raw).trim()
    if (content === '') continue
    const line = index + 1
    const heading = gitlab ? /^\^?\[([^\]]+)\](?:\[\d+\])?\s*(.*)$/.exec(content) : null
    if (heading !== null) {
      section = heading[1] ?? ''
      defaults = (heading[2] ?? '').split(/\s+/).filter((owner) => OWNER.test(owner))
      continue
    }
    const [pattern = '', ...words] = splitEscaped(content)
    const owners = words.filter((word) => OWNER.test(word))
    const wrong = words.find((word) => !OWNER.test(word))
    const reason = fault(pattern, wrong, gitlab)
    if (reason !== '') malformed.push({ line, text: content.slice(0, 200), reason })
    else lines.push({ line, pattern, owners: owners.length === 0 ? defaults : owners, section })
  }
  const matchers = lines.map((line) => ({ line, test: matcher(line.pattern) }))
  const lineFor = (file: string): OwnersLine | undefined => matchers.findLast(({ test }) => test(file))?.line
  return {
    path,
    dialect: gitlab ? 'gitlab' : 'github',
    lines,
    malformed,
    lineFor,
    ownersOf: (file) => {
      if (!gitlab) return lineFor(file)?.owners ?? []
      const bySection = new Map<string, readonly string[]>()
      for (const { line, test } of matchers) if (test(file)) bySection.set(line.section, line.owners)
      return [...new Set([...bySection.values()].flat())]
    },
  }
}

/**
 * Makes the test for one pattern. A slash at the start or inside anchors it to the root; without one it matches at any
 * depth; a trailing slash or a plain folder name means everything below; `docs/*` does not reach into folders.
 */
export function matcher(pattern: string): (path: string) => boolean {
  const anchored = /^\/|\/(?!$)/.test(pattern)
  const folder = pattern.endsWith('/')
  const body = pattern.replace(/^\//, '').replace(/\/$/, '').replace(/\\(.)/g, '$1')
  if (body === '' || body === '*' || body === '**') return () => true
  const parts = body.split('/').filter((part, index, all) => part !== '**' || all[index - 1] !== '**')
  const last = parts.at(-1) ?? ''
  // `docs/*` names the files of one folder; any other last part may be a folder and then means all below it.
  const below = folder ? true : last !== '*'
  return (path) => {
    const segments = path.split('/')
    const starts = anchored ? [0] : segments.map((_, index) => index)
    return starts.some((start) => matches(parts, segments, start, folder, below))
  }
}

function matches(
  parts: readonly string[],
  segments: readonly string[],
  start: number,
  folder: boolean,
  below: boolean,
): boolean {
  // Positions in `segments` that the pattern read so far may stand at: linear, whatever the stars.
  let open = new Set([start])
  for (const [index, part] of parts.entries()) {
    const next = new Set<number>()
    for (const at of open) {
      if (part === '**') {
        const last = index === parts.length - 1
        for (let to = last ? at + 1 : at; to <= segments.length; to++) next.add(to)
      } else if (at < segments.length && segmentMatches(part, segments[at] ?? '')) next.add(at + 1)
    }
    open = next
    if (open.size === 0) return false
  }
  for (const at of open) {
    if (at === segments.length) {
      if (!folder) return true
    } else if (below) return true
  }
  return false
}

/** `*` and `?` within one segment, by two pointers: no regular expression that a hostile pattern could slow down. */
function segmentMatches(pattern: string, text: string): boolean {
  let at = 0
  let star = -1
  let mark = 0
  let index = 0
  while (index < text.length) {
    const wanted = pattern[at]
    if (wanted === '*') {
      star = at++
      mark = index
    } else if (wanted !== undefined && (wanted === '?' || wanted === text[index])) {
      at++
      index++
    } else if (star >= 0) {
      at = star + 1
      index = ++mark
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}

function fault(pattern: string, wrong: string | undefined, gitlab: boolean): string {
  if (pattern.startsWith('!')) return gitlab ? '' : 'a pattern cannot be negated'
  if (/^@/.test(pattern)) return 'the line begins with an owner where a path must stand'
  if (!gitlab && /[[\]]/.test(pattern)) return 'character ranges are not supported'
  if (wrong !== undefined) return `"${wrong.slice(0, 60)}" is no owner: write @user, @organisation/team or an address`
  return ''
}

function stripComment(line: string): string {
  const start = /(?:^|\s)#/.exec(line)
  return start === null ? line : line.slice(0, start.index)
}

function splitEscaped(content: string): string[] {
  return (content.match(/(?:\\.|[^\s\\])+/g) ?? []).map((word) => word)
}
