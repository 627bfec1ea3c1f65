// The survey: one linear pass over the syntax of all modules, shared by the rules that look for calls and text by name.
import { Flag, Kind, NO_VALUE, NODE_WORDS } from '../facts/contract.ts'
import type { ModuleId, Program } from '../graph/contract.ts'
import type { RuleContext } from '../rule/rule.ts'
import { classifyText } from './sql-text.ts'
import { isProduct } from './whereabouts.ts'

/** A node of a module. */
export interface Site {
  readonly module: ModuleId
  readonly node: number
}

/** A string constant that looks like SQL of a kind that some rule asks about. */
export interface SqlText extends Site {
  /** Bits of `Sql` in sql-text.ts. */
  readonly classes: number
}

/** What the pass noted in product code. Sites come in module order, then source order. */
export interface Survey {
  /** Calls whose callee ends in this name: `callsNamed('execute')` has `cursor.execute(…)` and `execute(…)`. */
  callsNamed(name: string): readonly Site[]
  readonly sql: readonly SqlText[]
  /** Subscripts and attributes that are assigned, augmented or deleted, those of `self` and `cls` left out. */
  readonly stores: readonly Site[]
  /** `global` statements. */
  readonly globals: readonly Site[]
  /** Texts and decorators whose last name is one of `WATCHED`, by that name. */
  watched(name: string): readonly Site[]
  /** Exception handlers. */
  readonly handlers: readonly Site[]
  readonly callCount: number
}

/** Texts that rules ask for wherever they stand, and names of decorators. */
const WATCHED_TEXTS = ['default'] as const
const WATCHED_DECORATORS = ['lru_cache', 'cache', 'cached', 'alru_cache', 'ttl_cache'] as const

const surveys = new WeakMap<Program, Survey>()

/** The survey of a program; made on the first question of a run. */
export function surveyOf(context: RuleContext): Survey {
  let survey = surveys.get(context.program)
  if (survey === undefined) {
    survey = makeSurvey(context)
    surveys.set(context.program, survey)
  }
  return survey
}

function makeSurvey({ trees, program }: RuleContext): Survey {
  const strings = trees[0]?.strings
  const size = strings?.size ?? 0
  const self = strings?.id('self') ?? -1
  const cls = strings?.id('cls') ?? -1
  /** 255: not looked at yet. */
  const classOf = new Uint8Array(size).fill(255)
  let callModule = new Int32Array(1 << 12)
  let callNode = new Int32Array(1 << 12)
  let callName = new Int32Array(1 << 12)
  let callCount = 0
  const sql: SqlText[] = []
  const stores: Site[] = []
  const globals: Site[] = []
  const handlers: Site[] = []
  const watched = new Map<number, Site[]>()
  const texts = new Set<number>()
  const decorators = new Set<number>()
  for (const [names, ids] of [
    [WATCHED_TEXTS, texts],
    [WATCHED_DECORATORS, decorators],
  ] as const) {
    for (const name of names) {
      const id = strings?.id(name) ?? -1
      if (id < 0) continue
      watched.set(id, [])
      ids.add(id)
    }
  }

  for (let module = 0; module < trees.length; module++) {
    // Tests, migrations and scripts do not serve: no rule of the survey judges them.
    if (!isProduct(program.modules[module]!)) continue
    const { nodes, names, size: nodeCount } = trees[module]!
    for (let node = 1, word = NODE_WORDS; node < nodeCount; node++, word += NODE_WORDS) {
      const head = nodes[word]!
      switch (head & 127) {
        case Kind.Call: {
          const callee = nodes[word + NODE_WORDS]! & 127
          if (callee !== Kind.Name && callee !== Kind.Attribute) break
          if (callCount === callNode.length) {
            callModule = grow(callModule)
            callNode = grow(callNode)
            callName = grow(callName)
          }
          callModule[callCount] = module
          callNode[callCount] = node
          callName[callCount++] = names[nodes[word + NODE_WORDS + 4]!]!
          break
        }
        case Kind.String: {
          const value = nodes[word + 4]!
          if (value === NO_VALUE) break
          const name = names[value]!
          if (texts.has(name)) watched.get(name)!.push({ module, node })
          let classes = classOf[name]!
          if (classes === 255) {
            classes = classifyText(trees[module]!.strings.text(name))
            classOf[name] = classes
          }
          if (classes !== 0) sql.push({ module, node, classes })
          break
        }
        case Kind.Subscript:
        case Kind.Attribute: {
          if (((head >>> 7) & (Flag.STORE | Flag.DEL)) === 0) break
          const object = word + NODE_WORDS
          if ((head & 127) === Kind.Attribute && (nodes[object]! & 127) === Kind.Name) {
            const name = names[nodes[object + 4]!]!
            if (name === self || name === cls) break
          }
          stores.push({ module, node })
          break
        }
        case Kind.Global:
          globals.push({ module, node })
          break
        case Kind.Decorator: {
          const isCall = (nodes[word + NODE_WORDS]! & 127) === Kind.Call
          const object = word + (isCall ? 2 : 1) * NODE_WORDS
          const kind = nodes[object]! & 127
          if (kind !== Kind.Name && kind !== Kind.Attribute) break
          const name = names[nodes[object + 4]!]!
          if (decorators.has(name)) watched.get(name)!.push({ module, node })
          break
        }
        case Kind.Handler:
          handlers.push({ module, node })
          break
      }
    }
  }

  // Counting sort by name, so that a question for one name is a slice.
  const start = new Int32Array(size + 1)
  for (let i = 0; i < callCount; i++) start[callName[i]! + 1]!++
  for (let i = 0; i < size; i++) start[i + 1]! += start[i]!
  const order = new Int32Array(callCount)
  const next = start.slice()
  for (let i = 0; i < callCount; i++) order[next[callName[i]!]!++] = i

  const asked = new Map<string, readonly Site[]>()
  const callsNamed = (name: string): readonly Site[] => {
    const known = asked.get(name)
    if (known !== undefined) return known
    const id = strings?.id(name) ?? -1
    const sites: Site[] = []
    if (id >= 0) {
      for (let i = start[id]!; i < start[id + 1]!; i++)
        sites.push({ module: callModule[order[i]!]!, node: callNode[order[i]!]! })
    }
    asked.set(name, sites)
    return sites
  }
  const watchedSites = (name: string): readonly Site[] => watched.get(strings?.id(name) ?? -1) ?? []
  return { callsNamed, watched: watchedSites, sql, stores, globals, handlers, callCount }
}

function grow(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2)
  larger.set(array)
  return larger
}
