// Routes of frameworks that a project made itself, of Twisted and of Falcon: methods that are called after a verb of HTTP.
import { Kind } from '../../../facts/contract.ts'
import { ScopeKind } from '../../source-index.ts'
import type { EntryCollector } from '../entry-collector.ts'

/** `on_GET`, `render_POST`, `do_PUT`, `_async_render_GET`: nobody writes a verb of HTTP in capitals for anything else. */
const VERB = /^_?(on|do|render|handle|async_render|async_on)_(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)$/
/** `on_get` of Falcon, in a tree that imports it. */
const FALCON = /^on_(get|post|put|patch|delete|head|options)$/
/** Class attributes that hold the path. */
const PATHS = ['PATTERNS', 'PATTERN', 'PATH', 'path', 'url', 'pattern', 'route']

/** Finds them. */
export function findVerbMethods(collector: EntryCollector): void {
  const { index, names } = collector.inference
  const strings = index.trees[0]?.strings
  if (strings === undefined) return
  const falcon = strings.id('falcon')
  const twisted = strings.id('twisted')
  for (let scope = 0; scope < index.scopeCount; scope++) {
    if (index.scopeKind[scope] !== ScopeKind.Function) continue
    const module = index.scopeModule[scope]!
    const owner = index.scopeParent[scope]!
    if (owner < 0 || index.scopeKind[owner] !== ScopeKind.Class) continue
    const tree = index.trees[module]!
    const node = index.scopeNode[scope]!
    const name = tree.text(node)
    const written = VERB.exec(name)
    const verb = written?.[2] ?? (falcon >= 0 && tree.mentions(falcon) ? FALCON.exec(name)?.[1] : undefined)
    if (verb === undefined) continue
    const path = PATHS.map((key) => textOf(collector, owner, strings.id(key))).find((text) => text !== '')
    const where = path === undefined ? tree.text(index.scopeNode[owner]!) : `/${path.replace(/^[\^/]+|\$$/g, '')}`
    const framework = written?.[1] === 'do' ? 'http.server' : twisted >= 0 ? 'twisted' : 'own'
    collector.add('route', framework, names.scopeAt(module, node), `${verb.toUpperCase()} ${where}`, module, node)
  }
}

/** The text of a class attribute, or the first text in the call that it is given. */
function textOf(collector: EntryCollector, owner: number, name: number): string {
  if (name < 0) return ''
  const { index, names } = collector.inference
  const tree = index.trees[index.scopeModule[owner]!]!
  for (const binding of names.bindingsIn(owner, name)) {
    const statement = tree.parent(binding)
    if (tree.kind(statement) !== Kind.Assign) continue
    for (let at = tree.lastChild(statement); at < tree.end(statement); at++)
      if (tree.kind(at) === Kind.String && tree.value(at) >= 0) return tree.text(at)
  }
  return ''
}
