// A module that lies in the wrong package: several packages go in circles for its sake alone.

import { counted, listed } from '../../detection/words.ts'
import type { Diagnosed, Diagnosis } from '../../diagnosis/diagnosis.ts'
import type { Finding } from '../../findings/finding.ts'

const CYCLE = 'boundaries/package-cycle'
const INVERTED = 'boundaries/inverted-layer'
/** From this many packages on the place of the module is the cause, not the habit of one package. */
const FEW = 3
/** What a domain offers to others by its nature: that others need it says nothing about its place. */
const OF_ITS_DOMAIN =
  /(?:^|[./])(?:models?|entities|domain|schemas?|types|core|base|db|database|settings|config|constants|enums?)$/
/** Share of a circle's imports that take the module: it would be gone, or nearly, with it. */
const MOST = 0.5

export const diagnosis: Diagnosis = {
  id: 'boundaries/misplaced-module',
  decision: 'boundaries',
  summary: 'A module lies in a package above those that need it, so that they go in circles for its sake.',
  diagnose({ findings }) {
    const users = new Map<string, Set<string>>()
    const targets = new Map<Finding, string[]>()
    for (const finding of findings) {
      if (finding.rule !== CYCLE && finding.rule !== INVERTED) continue
      const taken = importsOf(finding)
      targets.set(
        finding,
        taken.map(([, to]) => to),
      )
      for (const [from, to] of taken) {
        const known = users.get(to) ?? new Set<string>()
        users.set(to, known.add(packageOf(from)))
      }
    }
    const wanted = [...users]
      .filter(([module, packages]) => packages.size >= FEW && !OF_ITS_DOMAIN.test(module))
      .sort((a, b) => b[1].size - a[1].size || (a[0] < b[0] ? -1 : 1))
    const told = new Set<Finding>()
    return wanted.flatMap(([module, packages]): Diagnosed[] => {
      const own = [...targets].filter(([finding, all]) => {
        const share = all.filter((to) => to === module).length / all.length
        return !told.has(finding) && share >= MOST
      })
      const cycles = own.map(([finding]) => finding).filter(({ rule }) => rule === CYCLE)
      // Circles that take nothing else would be the same sentence with another name: the largest stands for them.
      const [largest] = [...cycles].sort((a, b) => (b.fanOut ?? 0) - (a.fanOut ?? 0))
      const same = own.flatMap(([finding, all]) =>
        finding.rule === CYCLE && finding !== largest && all.every((to) => to === module) ? [finding] : [],
      )
      const repeated = [...own.map(([finding]) => finding).filter(({ rule }) => rule === INVERTED), ...same]
      if (cycles.length + repeated.length < FEW || cycles.length === 0) return []
      for (const [finding] of own) told.add(finding)
      const home = packageOf(module)
      return [
        {
          what: `\`${module}\` lies in the wrong package: ${counted(packages.size, 'package')} below \`${home}\` need it (${listed([...packages].sort().map((name) => `\`${name}\``))})${cycles.length > 0 ? `, and ${counted(cycles.length, 'circle')} ${cycles.length === 1 ? 'exists' : 'exist'} mostly for its sake` : ''}.`,
          why: `Everybody who needs it takes \`${home}\` along, and none of them can be tested or moved without it.`,
          do: `Move \`${module}\` below all of them, into a package that imports none of these; the imports of \`${home}\` then point one way.`,
          findings: cycles.filter((finding) => !same.includes(finding)),
          repeated,
          isOneRepair: true,
        },
      ]
    })
  },
}

/** Imports of a finding, as importing and imported module. */
function importsOf({ rule, chain, related, evidence, message }: Finding): readonly (readonly [string, string])[] {
  if (rule === INVERTED) {
    const to = /^imports (.+)$/.exec(evidence)?.[1]
    const from = /^`([^`]+)`/.exec(message.what)?.[1]
    return to === undefined || from === undefined ? [] : [[from, to]]
  }
  const labels = [...(chain ?? []).slice(0, 1), ...(related ?? [])].map(({ label }) => label)
  return labels.flatMap((label) => {
    const match = /^(\S+) imports (\S+)$/.exec(label)
    return match === null ? [] : [[match[1] ?? '', match[2] ?? ''] as const]
  })
}

/** The package of a dotted or slashed module: two segments of a name with applications, else one. */
function packageOf(module: string): string {
  const separator = module.includes('/') ? '/' : '.'
  const parts = module.split(separator)
  const depth = /^(?:apps?|src|packages|modules|lib)$/.test(parts[0] ?? '') || parts.length > 2 ? 2 : 1
  return parts.slice(0, Math.min(depth, parts.length - 1)).join(separator) || module
}
