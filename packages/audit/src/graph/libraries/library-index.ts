// All library tables as one look-up: what a full name is, what it costs and what it gives back.
import type { Effect } from '../contract.ts'
import { databases } from './databases.ts'
import { django } from './django.ts'
import { httpClients } from './http-clients.ts'
import type { Library } from './library.ts'
import { node } from './node.ts'
import { nodeDatabases } from './node-databases.ts'
import { python } from './python.ts'
import { sqlalchemy } from './sqlalchemy.ts'
import { vendors } from './vendors.ts'
import { work } from './work.ts'

/** The tables that the auditor ships with. */
export const LIBRARIES: readonly Library[] = [python, httpClients, sqlalchemy, django, databases, vendors, work]

/** The tables for TypeScript and JavaScript. */
export const NODE_LIBRARIES: readonly Library[] = [node, nodeDatabases]

/** A type as a library table writes it, parsed. */
export interface TypeText {
  /** `self`, `item`, `made`, `first`, `first()`, a wrapper (`list`, `iter`, …) or a full name. */
  readonly head: string
  readonly argument: TypeText | undefined
  /** For `class_=X`: the keyword. */
  readonly keyword: string
}

/** What calling a library name does. */
export interface LibraryEntry {
  readonly effect: Effect | undefined
  readonly isAsync: boolean
  readonly offloads: boolean
  readonly returns: TypeText | undefined
}

/** A class of a library with its members looked up by name. */
export interface LibraryClassEntry {
  readonly name: string
  readonly bases: readonly string[]
  readonly methods: ReadonlyMap<string, LibraryEntry>
  readonly attributes: ReadonlyMap<string, TypeText>
}

/** Look-up over library tables. */
export interface LibraryIndex {
  /** The name that the tables use for a class, whatever its other spellings. */
  canonical(name: string): string
  classOf(name: string): LibraryClassEntry | undefined
  functionOf(name: string): LibraryEntry | undefined
  /** A method of a class or of its bases, with the class that has it. */
  methodOf(className: string, method: string): { readonly owner: string; readonly entry: LibraryEntry } | undefined
  attributeOf(className: string, attribute: string): TypeText | undefined
  /** Whether the tables say anything about names below this top-level name. */
  knowsTop(top: string): boolean
}

/** Compiles tables. About a millisecond for those shipped. */
export function indexLibraries(libraries: readonly Library[]): LibraryIndex {
  const functions = new Map<string, LibraryEntry>()
  const classes = new Map<string, LibraryClassEntry>()
  const canonicals = new Map<string, string>()
  const tops = new Set<string>()
  const top = (name: string): void => {
    tops.add(name.slice(0, name.indexOf('.') < 0 ? name.length : name.indexOf('.')))
  }
  for (const library of libraries) {
    for (const [names, behaviour] of Object.entries(library.functions ?? {})) {
      const entry = parseBehaviour(behaviour)
      for (const name of words(names)) {
        functions.set(name, entry)
        top(name)
      }
    }
    for (const [name, entry] of Object.entries(library.classes ?? {})) {
      top(name)
      for (const other of words(entry.also ?? '')) {
        canonicals.set(other, name)
        top(other)
      }
      const methods = new Map<string, LibraryEntry>()
      for (const [names, behaviour] of Object.entries(entry.does ?? {})) {
        const parsed = parseBehaviour(behaviour)
        for (const method of words(names)) methods.set(method, parsed)
      }
      const attributes = new Map<string, TypeText>()
      for (const [names, type] of Object.entries(entry.has ?? {})) {
        for (const attribute of words(names)) attributes.set(attribute, parseTypeText(type))
      }
      classes.set(name, { name, bases: words(entry.bases ?? ''), methods, attributes })
    }
  }
  const canonical = (name: string): string => canonicals.get(name) ?? name
  const methodOf: LibraryIndex['methodOf'] = (className, method) => {
    const found = classes.get(canonical(className))
    if (found === undefined) return undefined
    const entry = found.methods.get(method)
    if (entry !== undefined) return { owner: found.name, entry }
    for (const base of found.bases) {
      const inherited = methodOf(base, method)
      if (inherited !== undefined) return inherited
    }
    return undefined
  }
  const attributeOf: LibraryIndex['attributeOf'] = (className, attribute) => {
    const found = classes.get(canonical(className))
    if (found === undefined) return undefined
    const type = found.attributes.get(attribute)
    if (type !== undefined) return type
    for (const base of found.bases) {
      const inherited = attributeOf(base, attribute)
      if (inherited !== undefined) return inherited
    }
    return undefined
  }
  return {
    canonical,
    classOf: (name) => classes.get(canonical(name)),
    functionOf: (name) => functions.get(name),
    methodOf,
    attributeOf,
    knowsTop: (name) => tops.has(name),
  }
}

const words = (text: string): string[] => (text === '' ? [] : text.split(' '))

const EFFECTS: ReadonlySet<string> = new Set<Effect>([
  'database',
  'network',
  'dns',
  'sleep',
  'process',
  'file',
  'stat',
  'vendor',
  'cpu',
  'wait',
])

function parseBehaviour(behaviour: string): LibraryEntry {
  const arrow = behaviour.indexOf('->')
  const flags = words((arrow < 0 ? behaviour : behaviour.slice(0, arrow)).trim())
  const effect = flags.find((flag) => EFFECTS.has(flag))
  return {
    // The cast is safe: EFFECTS holds nothing but effects.
    effect: effect as Effect | undefined,
    isAsync: flags.includes('async'),
    offloads: flags.includes('offload'),
    returns: arrow < 0 ? undefined : parseTypeText(behaviour.slice(arrow + 2).trim()),
  }
}

/** Parses `head[argument]`, `keyword=default` and `class X`. */
function parseTypeText(text: string): TypeText {
  const bracket = text.indexOf('[')
  if (bracket >= 0) {
    return { head: text.slice(0, bracket), argument: parseTypeText(text.slice(bracket + 1, -1)), keyword: '' }
  }
  const equals = text.indexOf('=')
  if (equals >= 0) return { head: text.slice(equals + 1), argument: undefined, keyword: text.slice(0, equals) }
  if (text.startsWith('class ')) return { head: 'class', argument: parseTypeText(text.slice(6)), keyword: '' }
  return { head: text, argument: undefined, keyword: '' }
}
