// in-memory-session in TypeScript: express-session and @fastify/session without a store of their own.

import type { Detection } from '../../detection/detection.ts'
import { Kind } from '../../facts/contract.ts'
import type { Confidence } from '../../facts/place.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { positional } from '../../survey/expressions.ts'
import type { ModuleVariable, StateWrite } from '../../survey/module-state.ts'
import { entryOf, hasSpread } from '../../survey/object-literal.ts'
import { serverModules } from '../../survey/server-code.ts'
import type { Site } from '../../survey/survey.ts'
import { bodyOf, placeOf, SERVING, servedBy, subjectOf } from '../../survey/whereabouts.ts'
import { holdsHandles, isSessionStore } from './session-store.ts'
import { variablesIn, writesIn } from './typescript-module-state.ts'

const LIBRARIES = ['express-session', '@fastify/session', 'fastify-session']
const MADE_BY = /^(?:express-session|@fastify\/session|fastify-session)(?:\.(?:default|fastifySession))?$/
const MEMORY = /^(?:express-session\.MemoryStore|memorystore(?:\.\w+)?)$/

/** Sessions that one process alone knows: by the middleware's default, or in a map of the project's own. */
export function typescript(context: RuleContext): RuleResult {
  const libraries = sessionLibraries(context)
  const modules = serverModules(context)
  const stores = new Map(
    [...variablesIn(context, modules)].filter(([, variable]) =>
      isSessionStore({ ...variable, name: variable.name.replace(/([a-z0-9])([A-Z])/g, '$1_$2') }),
    ),
  )
  const written = new Map<ModuleVariable, StateWrite>()
  for (const write of stores.size === 0 ? [] : writesIn(context, modules, stores)) {
    if (written.has(write.variable) || !/set/.test(write.how)) continue
    if (holdsHandles(context, write)) continue
    if (servedBy(context, bodyOf(context, write), SERVING) !== undefined) written.set(write.variable, write)
  }
  const detections = [...libraries.detections, ...[...written.values()].map((write) => inMap(context, write))]
  return { detections, examined: { count: libraries.examined + stores.size, of: 'session stores' } }
}

function inMap(context: RuleContext, write: StateWrite): Detection {
  const { variable } = write
  const declared = placeOf(context, variable)
  return {
    place: placeOf(context, write),
    subject: subjectOf(context, write),
    evidence: `sessions in ${variable.name}`,
    message: {
      what: `\`${variable.name}\`, a module-level ${variable.made}, holds the sessions.`,
      why: 'With a second process a user is logged in on one of them only, a restart logs everybody out, and nothing removes old entries.',
      do: 'Keep sessions in Redis with a time to live (or signed cookies for small ones), behind one interface.',
    },
    confidence: 'probable',
    related: [{ ...declared, label: `${variable.name} is declared` }],
    fixSite: { ...declared, name: `${context.program.modules[variable.module]!.name}.${variable.name}` },
  }
}

/** Places that set up sessions by a library, with those that keep them in memory. */
function sessionLibraries(context: RuleContext): {
  readonly detections: readonly Detection[]
  readonly examined: number
} {
  const { program, trees } = context
  const detections: Detection[] = []
  let examined = 0
  for (const module of serverModules(context)) {
    const externals = program.imports.externalsOf(module)
    if (!LIBRARIES.some((name) => externals.has(name))) continue
    const tree = trees[module]!
    const [from, to] = program.callRange(module)
    for (let call = from; call < to; call++) {
      const node = program.callNode(call)
      const options = optionsOf(context, { module, node })
      if (options === undefined) continue
      examined++
      const confidence = keptInMemory(context, { module, node }, tree, options)
      if (confidence !== undefined) detections.push(detection(context, { module, node }, confidence))
    }
  }
  return { detections, examined }
}

/** The options of `session({ … })` or `app.register(session, { … })`; -1 without any, undefined for other calls. */
function optionsOf({ program, trees }: RuleContext, { module, node }: Site): number | undefined {
  const tree = trees[module]!
  if (MADE_BY.test(program.nameOf(module, node + 1))) return positional(tree, node, 0)
  if (tree.kind(node + 1) !== Kind.Attribute || tree.text(node + 1) !== 'register') return undefined
  const plugin = positional(tree, node, 0)
  return plugin >= 0 && MADE_BY.test(program.nameOf(module, plugin)) ? positional(tree, node, 1) : undefined
}

function keptInMemory(
  { program }: RuleContext,
  { module }: Site,
  tree: SyntaxTree,
  options: number,
): Confidence | undefined {
  if (options < 0) return 'definite'
  if (tree.kind(options) === Kind.Dict) {
    const store = entryOf(tree, options, 'store')
    if (store < 0) return hasSpread(tree, options) ? 'possible' : 'definite'
    const isMemory = tree.kind(store) === Kind.Call && MEMORY.test(program.nameOf(module, store + 1))
    return isMemory ? 'definite' : undefined
  }
  // Options that are made elsewhere: a store may be set there, or later by `options.store = …`.
  return tree.mentions(tree.strings.id('store')) ? undefined : 'possible'
}

function detection(context: RuleContext, site: Site, confidence: Confidence): Detection {
  return {
    place: placeOf(context, site),
    subject: subjectOf(context, site),
    evidence: 'sessions in the memory of the process',
    message: {
      what: 'The session middleware has no store, so sessions are kept in the memory of this process.',
      why: 'With a second process a user is logged in on one of them only, a restart logs everybody out, and the default store grows without end.',
      do: 'Give it a store that all processes share (connect-redis, connect-pg-simple), or use signed cookies for small sessions.',
    },
    confidence,
  }
}
