// The survey: one linear pass over the syntax of all modules, shared by the rules that look for calls and text by name.
import { Flag, Kind, NO_VALUE, NODE_WORDS, type Strings } from '../facts/contract.ts'
import type { SyntaxTree } from '../facts/tree.ts'
import type { ModuleId, Program } from '../graph/contract.ts'
import { groupByOwner, IntList } from '../graph/int-list.ts'
import type { RuleContext } from '../rule/rule.ts'
import { classifyText, Sql } from './sql-text.ts'
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
  const pass = new SurveyPass(trees)
  for (let module = 0; module < trees.length; module++) {
    // Tests, migrations and scripts do not serve: no rule of the survey judges them.
    if (isProduct(program.modules[module]!)) pass.read(module)
  }
  return pass.finish()
}

const NOT_LOOKED_AT = 255

/** The pass: what has been noted so far, and the tree that is being read. */
class SurveyPass {
  readonly #trees: readonly SyntaxTree[]
  readonly #strings: Strings | undefined
  /** Names of `self` and `cls`; -1 when nothing is called so. */
  readonly #self: number
  readonly #cls: number
  /** Class of each string of the run. */
  readonly #classOf: Uint8Array
  readonly #calls = { module: new IntList(4096), node: new IntList(4096), name: new IntList(4096) }
  readonly #sql: SqlText[] = []
  readonly #stores: Site[] = []
  readonly #globals: Site[] = []
  readonly #handlers: Site[] = []
  readonly #texts: ReadonlyMap<number, Site[]>
  readonly #decorators: ReadonlyMap<number, Site[]>
  #module = 0
  #nodes: Int32Array = new Int32Array(0)
  #names: Int32Array = new Int32Array(0)

  constructor(trees: readonly SyntaxTree[]) {
    this.#trees = trees
    this.#strings = trees[0]?.strings
    this.#self = this.#id('self')
    this.#cls = this.#id('cls')
    this.#classOf = new Uint8Array(this.#strings?.size ?? 0).fill(NOT_LOOKED_AT)
    this.#texts = this.#watch(WATCHED_TEXTS)
    this.#decorators = this.#watch(WATCHED_DECORATORS)
  }

  #id(name: string): number {
    return this.#strings?.id(name) ?? -1
  }

  #watch(names: readonly string[]): ReadonlyMap<number, Site[]> {
    return new Map(
      names
        .map((name) => this.#id(name))
        .filter((id) => id >= 0)
        .map((id) => [id, []]),
    )
  }

  /** Reads the tree of a module; modules come in order. */
  read(module: number): void {
    const { nodes, names, size } = this.#trees[module]!
    this.#module = module
    this.#nodes = nodes
    this.#names = names
    for (let node = 1, word = NODE_WORDS; node < size; node++, word += NODE_WORDS) {
      const head = nodes[word]!
      switch (head & 127) {
        case Kind.Call:
          this.#call(node, word)
          break
        case Kind.String:
          this.#string(node, word)
          break
        case Kind.Subscript:
        case Kind.Attribute:
          if (((head >>> 7) & (Flag.STORE | Flag.DEL)) !== 0) this.#store(node, word)
          break
        case Kind.Global:
          this.#globals.push({ module, node })
          break
        case Kind.Decorator:
          this.#decorator(node, word)
          break
        case Kind.Handler:
          this.#handlers.push({ module, node })
          break
      }
    }
  }

  #kindAt(word: number): number {
    return this.#nodes[word]! & 127
  }

  #nameAt(word: number): number {
    return this.#names[this.#nodes[word + 4]!]!
  }

  #call(node: number, word: number): void {
    const callee = word + NODE_WORDS
    const kind = this.#kindAt(callee)
    if (kind !== Kind.Name && kind !== Kind.Attribute) return
    this.#calls.module.push(this.#module)
    this.#calls.node.push(node)
    this.#calls.name.push(this.#nameAt(callee))
  }

  #string(node: number, word: number): void {
    if (this.#nodes[word + 4] === NO_VALUE) return
    const module = this.#module
    const name = this.#nameAt(word)
    this.#texts.get(name)?.push({ module, node })
    let classes = this.#classOf[name]!
    if (classes === NOT_LOOKED_AT) {
      classes = classifyText(this.#trees[module]!.strings.text(name))
      this.#classOf[name] = classes
    }
    // What stands after a gap of a template is no beginning of a statement: `UPDATE {table} SET x = 1`.
    if (this.#isAfterGap(node, word)) classes &= ~(Sql.SessionSet | Sql.Listen)
    if (classes !== 0) this.#sql.push({ module, node, classes })
  }

  #isAfterGap(node: number, word: number): boolean {
    const parent = this.#nodes[word + 3]!
    return parent !== node - 1 && this.#kindAt(parent * NODE_WORDS) === Kind.FString
  }

  #store(node: number, word: number): void {
    const object = word + NODE_WORDS
    if (this.#kindAt(word) === Kind.Attribute && this.#kindAt(object) === Kind.Name) {
      const name = this.#nameAt(object)
      if (name === this.#self || name === this.#cls) return
    }
    this.#stores.push({ module: this.#module, node })
  }

  #decorator(node: number, word: number): void {
    const isCall = this.#kindAt(word + NODE_WORDS) === Kind.Call
    const named = word + (isCall ? 2 : 1) * NODE_WORDS
    const kind = this.#kindAt(named)
    if (kind !== Kind.Name && kind !== Kind.Attribute) return
    this.#decorators.get(this.#nameAt(named))?.push({ module: this.#module, node })
  }

  /** Everything that was noted, calls grouped by name. */
  finish(): Survey {
    const { module, node, name } = this.#calls
    const names = name.toArray()
    // Grouped once, so that a question for one name is a slice.
    const { start, order } = groupByOwner(names, this.#strings?.size ?? 0)
    const asked = new Map<string, readonly Site[]>()
    return {
      callsNamed: (text) => {
        const known = asked.get(text)
        if (known !== undefined) return known
        const id = this.#id(text)
        const found = id < 0 ? [] : order.subarray(start[id]!, start[id + 1]!)
        const sites = Array.from(found, (call): Site => ({ module: module.at(call), node: node.at(call) }))
        asked.set(text, sites)
        return sites
      },
      watched: (text) => this.#texts.get(this.#id(text)) ?? this.#decorators.get(this.#id(text)) ?? [],
      sql: this.#sql,
      stores: this.#stores,
      globals: this.#globals,
      handlers: this.#handlers,
      callCount: names.length,
    }
  }
}
