// unowned-code: nobody is asked when this code changes.

import type { Detection, Message, Severity } from '../../detection/detection.ts'
import type { OwnersFile } from '../../extract/config/contract.ts'
import { isProduct } from '../../modules/domain-arrows.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'

export const rule: Rule = {
  id: 'boundaries/unowned-code',
  decision: 'boundaries',
  once: true,
  severity: 'low',
  effort: { minutes: 30, per: 'site' },
  trial: false,
  summary: 'CODEOWNERS leaves code without an owner, or is missing.',
  assures: { says: 'code has owners', from: 1 },
  judges: { python: judge, typescript: judge },
}

function judge(context: RuleContext): RuleResult {
  const { program, history, config } = context
  const product = program.modules.filter(isProduct)
  if (history.available && history.authorsInYear < 5) {
    const authors = history.authorsInYear === 1 ? 'one author' : `${history.authorsInYear} authors`
    const couldNotTell = `With ${authors} in a year everybody knows who owns what.`
    return { detections: [], examined: { count: 0, of: 'modules' }, couldNotTell }
  }
  const owners = config.owners
  const detections = owners === undefined ? missing(context) : faults(owners, context)
  return { detections, examined: { count: product.length, of: 'modules' } }
}

/** People may well know who owns what without a file: that one is missing is named, and proves nothing. */
function missing({ program, history, paths }: RuleContext): Detection[] {
  if (program.modules.filter(isProduct).length < 20) return []
  const first =
    paths.find((path) => /^(?:README|pyproject\.toml|setup\.py|setup\.cfg)/i.test(path)) ??
    program.modules[0]?.path ??
    ''
  return [
    {
      place: { path: first, line: 1 },
      subject: '<repository>',
      evidence: 'no CODEOWNERS',
      message: {
        what: 'There is no CODEOWNERS file.',
        why: history.available
          ? `${history.authorsInYear} people changed this repository in a year, and nothing says whom to ask about which part.`
          : 'Nothing says whom to ask about which part.',
        do: 'Write `.github/CODEOWNERS` with one line for each domain package.',
      },
      confidence: 'possible',
    },
  ]
}

function faults(owners: OwnersFile, context: RuleContext): Detection[] {
  const owned = owners.lines.filter((line) => line.owners.length > 0)
  if (owned.length === 0) {
    return [
      inFile(owners, 1, 'no line has an owner', 'medium', {
        what: `No line of ${owners.path} gives an owner: a line is a pattern followed by @user, @organisation/team or an address.`,
        why: 'The file looks as if code were owned, and no review is ever asked for.',
        do: 'Put a path before each owner, for example `/src/billing/ @acme/payments`.',
      }),
    ]
  }
  const catchAll = owned.every(({ pattern }) => /^\/?\*{0,2}\/?$/.test(pattern))
  return [
    ...malformedLines(owners),
    ...(catchAll ? [onlyCatchAll(owners, owned[0]?.line ?? 1)] : []),
    ...linesWithoutFiles(owners, owned, context.paths),
    ...(catchAll ? [] : bareHotspots(owners, context)),
  ]
}

function inFile({ path }: OwnersFile, line: number, evidence: string, severity: Severity, message: Message): Detection {
  return { place: { path, line }, subject: '<repository>', evidence, message, confidence: 'definite', severity }
}

function malformedLines(owners: OwnersFile): Detection[] {
  return owners.malformed.slice(0, 20).map(({ line, text, reason }) =>
    inFile(owners, line, text, 'low', {
      what: `This line is ignored: ${reason}.`,
      why: 'Whoever wrote it believes that the path has an owner.',
      do: 'Correct the line.',
    }),
  )
}

function onlyCatchAll(owners: OwnersFile, line: number): Detection {
  return inFile(owners, line, 'only a catch-all', 'low', {
    what: 'One owner has everything: the file has no line but the catch-all.',
    why: 'The same people are asked about every change, so nobody in particular is responsible.',
    do: 'Add a line for each domain package below it.',
  })
}

function linesWithoutFiles(owners: OwnersFile, owned: OwnersFile['lines'], paths: readonly string[]): Detection[] {
  return owned.slice(0, 2000).flatMap(({ line, pattern }) => {
    const plain = pattern.replace(/^\//, '').replace(/\/$/, '')
    if (/[*?\\[]/.test(plain) || !plain.includes('/') || exists(plain, paths)) return []
    return [
      inFile(owners, line, `gone: ${pattern}`, 'low', {
        what: `\`${pattern}\` matches nothing any more.`,
        why: 'The path was moved or deleted, and its new place has no owner by this line.',
        do: 'Write the path of today, or delete the line.',
      }),
    ]
  })
}

function bareHotspots(owners: OwnersFile, context: RuleContext): Detection[] {
  const bare = hotspots(context).filter((path) => owners.ownersOf(path).length === 0)
  const [first] = bare
  if (first === undefined) return []
  return [
    {
      place: { path: first, line: 1 },
      subject: '<repository>',
      evidence: 'hotspots without owner',
      message: {
        what: `${bare.length} of the most changed files ${bare.length === 1 ? 'has' : 'have'} no owner, this one among them.`,
        why: 'The code that changes most is where an unasked owner costs most.',
        do: `Cover ${bare.length === 1 ? 'it' : 'them'} in ${owners.path}.`,
      },
      confidence: 'definite',
      severity: 'low',
      related: bare.slice(1, 10).map((path) => ({ path, line: 1, label: 'without owner' })),
      fanOut: bare.length,
    },
  ]
}

function hotspots({ program, history }: RuleContext): string[] {
  if (!history.enough) return []
  return program.modules
    .filter((module) => isProduct(module) && history.isHotspot(module.path))
    .map((module) => module.path)
}

/** Sorted paths: the first one at or after the prefix tells whether a file or folder is there. */
function exists(plain: string, paths: readonly string[]): boolean {
  let low = 0
  let high = paths.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((paths[middle] ?? '') < plain) low = middle + 1
    else high = middle
  }
  for (let at = low; at < paths.length && (paths[at] ?? '').startsWith(plain); at++) {
    if (paths[at] === plain || (paths[at] ?? '').startsWith(`${plain}/`)) return true
  }
  return false
}
