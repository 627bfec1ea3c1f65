// mixed-frameworks in Python: two web frameworks answer requests in one service, so nothing is written once.

import type { Detection } from '../../detection/detection.ts'
import { counted, listed } from '../../detection/words.ts'
import type { EntryPoint, Program } from '../../graph/contract.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { addTo } from '../../survey/grouping.ts'
import { isProduct } from '../../survey/whereabouts.ts'
import { oneFramework } from './one-framework.ts'

/** Below this share of the routes a second framework is a bridge or a remainder. */
const SHARE = 0.05
const ROUTES = 3
/** Frameworks that are parts of each other count as one. */
const FAMILIES: Readonly<Record<string, string>> = {
  starlette: 'fastapi',
  'django-rest-framework': 'django',
  drf: 'django',
  rest_framework: 'django',
  'django-ninja': 'django',
  ninja: 'django',
  'flask-restful': 'flask',
  'flask-restx': 'flask',
  flask_restful: 'flask',
  quart: 'flask',
  channels: 'django',
}

/** Judges a Python program. */
export function python(context: RuleContext): RuleResult {
  const detections: Detection[] = []
  let routes = 0
  for (const entries of routesByRoot(context).values()) {
    routes += entries.length
    const frameworks = new Map<string, EntryPoint[]>()
    for (const entry of entries) {
      addTo(frameworks, familyOf(entry.framework), entry)
    }
    const used = [...frameworks]
      .filter(([, own]) => own.length >= ROUTES && own.length / entries.length >= SHARE)
      .sort((a, b) => b[1].length - a[1].length)
    if (used.length < 2) continue
    const [, minority] = used.at(-1)!
    const names = used.map(([name, own]) => `${name} (${counted(own.length, 'route')})`)
    detections.push({
      place: minority[0]!.place,
      subject: 'application',
      evidence: used
        .map(([name]) => name)
        .sort()
        .join(' + '),
      message: {
        what: `One service answers requests through ${listed(names)}.`,
        why: 'Authentication, validation, errors, limits and traces exist twice and drift apart; a person has to know both to follow one request.',
        do: `Choose one for new routes, put its middleware in front of all, and move the ${counted(minority.length, 'route')} of ${used.at(-1)![0]} when they change.`,
      },
      confidence: 'probable',
      related: minority.slice(1, 6).map((entry) => ({ ...entry.place, label: entry.label })),
    })
  }
  const all = [...routesByRoot(context).values()].flat()
  return {
    detections,
    examined: { count: routes, of: 'routes' },
    ...(detections.length > 0 ? {} : oneFramework(context, all, familyOf)),
  }
}

function familyOf(framework: string): string {
  const name = framework.toLowerCase()
  return FAMILIES[name] ?? name
}

/** Packages that a module with routes of a framework imports. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  django: ['django', 'rest_framework', 'ninja', 'channels'],
  flask: ['flask', 'flask_restful', 'flask_restx', 'quart'],
  fastapi: ['fastapi', 'starlette'],
}

function isImported(program: Program, entry: EntryPoint, module: number): boolean {
  const family = familyOf(entry.framework)
  const wanted = PACKAGES[family]
  if (wanted === undefined || family !== 'django') return true
  const externals = program.imports.externalsOf(module)
  return wanted.some((name) => externals.has(name))
}

/** Routes of product code by source root: each back end of a monorepo is judged by itself. */
function routesByRoot({ program }: RuleContext): ReadonlyMap<string, readonly EntryPoint[]> {
  const found = new Map<string, EntryPoint[]>()
  for (const entry of program.entries) {
    if (entry.kind !== 'route' || entry.framework === '') continue
    const module = program.modules[program.functionInfo(entry.function).module]!
    // A route belongs to a framework that its own module, or the place of its registration, imports.
    if (!isProduct(module) || !isImported(program, entry, module.id)) continue
    const root = module.domain >= 0 ? program.packages[module.domain]!.root : ''
    addTo(found, root, entry)
  }
  return found
}
