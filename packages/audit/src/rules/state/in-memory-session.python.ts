// in-memory-session in Python: who is logged in is known to one worker, or to one disk, only.

import type { Detection } from '../../detection/detection.ts'
import { Kind } from '../../facts/contract.ts'
import type { Place } from '../../facts/place.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { webWorkers } from '../../survey/deployment.ts'
import { addTo } from '../../survey/grouping.ts'
import { type ModuleVariable, moduleVariables, type StateWrite, stateWrites } from '../../survey/module-state.ts'
import { bodyOf, isProduct, placeOf, SERVING, servedBy, subjectOf } from '../../survey/whereabouts.ts'
import { holdsHandles, isSessionStore } from './session-store.ts'

/** Judges a Python program. */
export function python(context: RuleContext): RuleResult {
  const stores = new Map<ModuleVariable, StateWrite[]>()
  const sessions = new Map([...moduleVariables(context)].filter(([, variable]) => isSessionStore(variable)))
  if (sessions.size > 0) {
    const handles = new Set<ModuleVariable>()
    for (const write of stateWrites(context, sessions)) {
      if (holdsHandles(context, write)) handles.add(write.variable)
      if (servedBy(context, bodyOf(context, write), SERVING) !== undefined) addTo(stores, write.variable, write)
    }
    for (const variable of handles) stores.delete(variable)
  }
  const settings = sessionSettings(context)
  const detections = [
    ...[...stores].map(([variable, writes]) => inMemory(context, variable, writes)),
    ...settings.detections,
  ]
  return { detections, examined: { count: detections.length + settings.examined, of: 'session stores' } }
}

function inMemory(context: RuleContext, variable: ModuleVariable, writes: readonly StateWrite[]): Detection {
  const first = writes[0]!
  const workers = webWorkers(context)
  const declared = placeOf(context, variable)
  return {
    place: placeOf(context, first),
    subject: subjectOf(context, first),
    evidence: `sessions in ${variable.name}`,
    message: {
      what: `\`${variable.name}\`, a module-level ${variable.made}, holds the sessions.`,
      why: `${workers.processes !== undefined && workers.processes > 1 ? `With ${workers.what} a user is logged in on one of them only` : 'With a second worker a user is logged in on one of them only'}, a restart logs everybody out, and nothing removes old entries.`,
      do: 'Keep sessions in Redis with a time to live (or signed cookies for small ones), behind one interface.',
    },
    confidence: 'probable',
    related: [{ ...declared, label: `${variable.name} is declared` }],
    fixSite: { ...declared, name: `${context.program.modules[variable.module]!.name}.${variable.name}` },
  }
}

/** Django's SESSION_ENGINE and Flask's SESSION_TYPE. */
function sessionSettings(context: RuleContext): {
  readonly detections: readonly Detection[]
  readonly examined: number
} {
  const { program, trees } = context
  const detections: Detection[] = []
  let examined = 0
  const strings = trees[0]?.strings
  for (const module of program.modules) {
    if (strings === undefined || !isProduct(module)) continue
    const tree = trees[module.id]!
    for (const setting of ['SESSION_ENGINE', 'SESSION_TYPE']) {
      const id = strings.id(setting)
      if (!tree.mentions(id)) continue
      for (const { value, place, isConditional } of valuesOf(tree, id)) {
        examined++
        const isFile = value === 'filesystem' || value === 'django.contrib.sessions.backends.file'
        const isLocal = value.endsWith('backends.cache') && cacheIsLocal(tree)
        if (!isFile && !isLocal) continue
        detections.push({
          place,
          subject: setting,
          evidence: `${setting} = ${value}`,
          message: {
            what: `${setting} keeps sessions ${isFile ? 'in files on the local disk' : 'in the memory of each worker (a locmem cache)'}.`,
            why: 'A second host, or a second worker, does not know the session: users are logged out at random as soon as there are two.',
            do: 'Use Redis, or signed cookies where the session is small and holds no secret.',
          },
          confidence: isConditional ? 'possible' : 'definite',
        })
      }
    }
  }
  return { detections, examined }
}

interface SettingValue {
  readonly value: string
  readonly place: Place
  /** Only under a condition: one way of several to deploy it. */
  readonly isConditional: boolean
}

/** Constant texts that a setting is given: `NAME = '…'`, `NAME: '…'` in a dict, `config['NAME'] = '…'`. */
function valuesOf(tree: SyntaxTree, setting: number): SettingValue[] {
  const found: SettingValue[] = []
  for (let node = 1; node < tree.size; node++) {
    const kind = tree.kind(node)
    if ((kind !== Kind.Name && kind !== Kind.String) || tree.value(node) < 0 || tree.name(node) !== setting) continue
    const statement =
      kind === Kind.String && tree.kind(tree.parent(node)) === Kind.Subscript
        ? tree.parent(tree.parent(node))
        : tree.parent(node)
    const value =
      tree.kind(statement) === Kind.Dict
        ? tree.nextSibling(node)
        : tree.kind(statement) === Kind.Assign
          ? tree.lastChild(statement)
          : -1
    if (value >= 0 && tree.kind(value) === Kind.String) {
      found.push({
        value: tree.text(value),
        place: { path: tree.path, line: tree.line(node) },
        isConditional: tree.ancestor(node, Kind.If) >= 0,
      })
    }
  }
  return found
}

function cacheIsLocal(tree: SyntaxTree): boolean {
  return tree.mentions(tree.strings.id('django.core.cache.backends.locmem.LocMemCache'))
}
