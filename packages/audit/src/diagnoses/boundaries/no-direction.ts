// Packages without an order: many pairs import each other, and circles of modules hold them together.

import { count, counted } from '../../detection/words.ts'
import type { Diagnosis } from '../../diagnosis/diagnosis.ts'
import { ofRules } from '../../diagnosis/extent.ts'
import type { Finding } from '../../findings/finding.ts'

const PAIRS = 'boundaries/package-cycle'
const MODULES = 'boundaries/module-cycle'
const RULES = [
  PAIRS,
  MODULES,
  'boundaries/import-cycle',
  'boundaries/deferred-import-cycle',
  'boundaries/inverted-layer',
]
/** From this many pairs, or from a circle of this many modules on, nobody can say what lies below what. */
const FEW_PAIRS = 3
const LARGE_CIRCLE = 10

export const diagnosis: Diagnosis = {
  id: 'boundaries/no-direction',
  decision: 'boundaries',
  summary: 'The packages have no order: many import each other, in circles of many modules.',
  diagnose(context) {
    const found = ofRules(context, RULES)
    // Pairs that have a cause of their own are told there, and count here.
    const pairs = context.all.filter(({ rule }) => rule === PAIRS)
    const modules = context.all.filter(({ rule }) => rule === MODULES)
    if (found.length === 0) return []
    const runtime = largest(found.filter(({ rule }) => rule === 'boundaries/import-cycle'))
    const deferred = largest(found.filter(({ rule }) => rule === 'boundaries/deferred-import-cycle'))
    if (pairs.length < FEW_PAIRS && modules.length < FEW_PAIRS && Math.max(runtime, deferred) < LARGE_CIRCLE) return []
    const parts = [
      ...(pairs.length > 0 ? [`${counted(pairs.length, 'pair')} of packages import each other`] : []),
      ...(modules.length > 0 ? [`${counted(modules.length, 'arrow')} between modules close a circle`] : []),
      ...circleWords(runtime, deferred),
    ]
    const text = parts.join(', ')
    const isOfPackages = pairs.length >= FEW_PAIRS || modules.length >= FEW_PAIRS
    return [
      {
        what: `${isOfPackages ? 'The packages have no order' : 'Files hold each other in circles'}: ${text}.`,
        why: 'What changes one of them has to look at the others, and none can be tested, owned or taken out without them.',
        do: isOfPackages
          ? 'Decide which package lies below which, write it into an import linter, and cut the thinner direction of one pair at a time, the pair with the fewest imports first.'
          : 'Cut the circle at the imports that the findings name, the cheapest first, and let an import linter keep it cut.',
        findings: found,
      },
    ]
  },
}

/** Two files that import each other are a pair like the others, not a circle to speak of. */
const isCrowd = (files: number): boolean => files > 2

/** `one circle holds 8 files at import time and 71 once imports inside functions count`. */
function circleWords(runtime: number, deferred: number): string[] {
  const now = isCrowd(runtime) ? [`${counted(runtime, 'file')} at import time`] : []
  const number = now.length > 0 ? count(deferred) : counted(deferred, 'file')
  const later = deferred > runtime ? [`${number} once imports inside functions count`] : []
  const parts = [...now, ...later]
  return parts.length === 0 ? [] : [`one circle holds ${parts.join(' and ')}`]
}

/** The number of modules in the largest circle. */
function largest(findings: readonly Finding[]): number {
  return Math.max(0, ...findings.map(({ fanOut }) => fanOut ?? 0))
}
