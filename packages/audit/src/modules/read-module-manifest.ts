// Reads `defineModule('billing', { … })` out of the syntax of a manifest, without running it.
import { Kind } from '../facts/contract.ts'
import type { SyntaxTree } from '../facts/tree.ts'
import { calleeName, positional } from '../survey/expressions.ts'

/** What a manifest says, as far as it is written as constants. */
export interface ReadManifest {
  readonly name: string
  /** Line of the call. */
  readonly line: number
  readonly owner: string
  /** Names of the variables in `needs`; undefined when the list is no literal of names. */
  readonly needs: readonly string[] | undefined
  readonly operations: readonly string[]
  readonly events: readonly string[]
  /** Variable that holds its events, where they are declared in another file. */
  readonly eventsFrom: string | undefined
  /** Names of the variables in `hears`. */
  readonly hears: readonly string[]
  readonly tables: readonly string[]
  readonly reads: ReadonlyMap<string, readonly string[]>
  /** Fields that are not written as constants, so that nothing is known of them. */
  readonly unread: readonly string[]
}

/** Whether a file may be a manifest: `billing.module.ts`. */
export const isManifestPath = (path: string): boolean => /(?:^|\/)[\w-]+\.module\.[mc]?[jt]s$/.test(path)

/** The manifest that a file declares, or undefined. A file with several declares none: its folder would be theirs all. */
export function readModuleManifest(tree: SyntaxTree): ReadManifest | undefined {
  const calls = callsOf(tree, 'defineModule')
  const [call] = calls
  if (call === undefined || calls.length > 1) return undefined
  const name = positional(tree, call, 0)
  if (name < 0 || tree.kind(name) !== Kind.String) return undefined
  const options = positional(tree, call, 1)
  const fields = options >= 0 && tree.kind(options) === Kind.Dict ? fieldsOf(tree, options) : new Map<string, number>()
  const unread: string[] = []
  const tables = textList(tree, fields.get('tables'))
  if (tables === undefined) unread.push('tables')
  const needs = nameList(tree, fields.get('needs'))
  if (needs === undefined) unread.push('needs')
  const hears = nameList(tree, fields.get('hears'))
  if (hears === undefined) unread.push('hears')
  const owner = fields.get('owner')
  const events = fields.get('events')
  return {
    name: tree.text(name),
    line: tree.line(call),
    owner: owner !== undefined && tree.kind(owner) === Kind.String ? tree.text(owner) : '',
    needs,
    operations: keysOf(tree, fields.get('port')),
    events: keysOf(tree, events),
    eventsFrom: events !== undefined && tree.kind(events) === Kind.Name ? tree.text(events) : undefined,
    hears: hears ?? [],
    tables: tables ?? [],
    reads: readsOf(tree, fields.get('reads'), unread),
    unread,
  }
}

/** The events that a file declares for a module by `defineEvents('billing', { … })`; none for a file that declares none. */
export function readEventContract(tree: SyntaxTree): readonly string[] {
  const [call] = callsOf(tree, 'defineEvents')
  const events = call === undefined ? -1 : positional(tree, call, 1)
  return events < 0 ? [] : keysOf(tree, events)
}

function callsOf(tree: SyntaxTree, name: string): number[] {
  const id = tree.strings.id(name)
  if (!tree.mentions(id)) return []
  const found: number[] = []
  for (let node = 1; node < tree.size; node++) {
    if (tree.kind(node) === Kind.Call && calleeName(tree, node) === name) found.push(node)
  }
  return found
}

/** Constant keys of an object literal with their values; a spread and a computed key are passed over. */
function fieldsOf(tree: SyntaxTree, dict: number): Map<string, number> {
  const fields = new Map<string, number>()
  for (let at = tree.firstChild(dict); at >= 0; at = tree.nextSibling(at)) {
    if (tree.kind(at) === Kind.DictUnpack) continue
    const value = tree.nextSibling(at)
    if (value < 0) break
    if (tree.kind(at) === Kind.String) fields.set(tree.text(at), value)
    at = value
  }
  return fields
}

function keysOf(tree: SyntaxTree, dict: number | undefined): string[] {
  return dict !== undefined && tree.kind(dict) === Kind.Dict ? [...fieldsOf(tree, dict).keys()] : []
}

function textList(tree: SyntaxTree, list: number | undefined): string[] | undefined {
  return itemsOf(tree, list, Kind.String)
}

function nameList(tree: SyntaxTree, list: number | undefined): string[] | undefined {
  return itemsOf(tree, list, Kind.Name)
}

/** Items of a list literal that are all of one kind; none for a field that was left out. */
function itemsOf(tree: SyntaxTree, list: number | undefined, kind: number): string[] | undefined {
  if (list === undefined) return []
  if (tree.kind(list) !== Kind.List) return undefined
  const items: string[] = []
  for (let at = tree.firstChild(list); at >= 0; at = tree.nextSibling(at)) {
    if (tree.kind(at) !== kind) return undefined
    items.push(tree.text(at))
  }
  return items
}

function readsOf(tree: SyntaxTree, dict: number | undefined, unread: string[]): Map<string, readonly string[]> {
  const reads = new Map<string, readonly string[]>()
  if (dict === undefined) return reads
  if (tree.kind(dict) !== Kind.Dict) {
    unread.push('reads')
    return reads
  }
  for (const [module, list] of fieldsOf(tree, dict)) {
    const views = textList(tree, list)
    if (views === undefined) unread.push(`reads.${module}`)
    else reads.set(module, views)
  }
  return reads
}
