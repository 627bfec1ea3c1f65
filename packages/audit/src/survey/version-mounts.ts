// Where a version is put before routes: a prefix that an application, a router or a controller is given, or a header that it asks for.
import { Kind } from '../facts/contract.ts'
import type { Place } from '../facts/place.ts'
import type { SyntaxTree } from '../facts/tree.ts'
import type { EntryPoint, Module } from '../graph/contract.ts'
import type { RuleContext } from '../rule/rule.ts'
import { mentionedIn } from './application.ts'
import { calleeName } from './expressions.ts'
import { isProduct } from './whereabouts.ts'

/** A path, or its beginning, that has a version: `/api/v1`, `v2/`; no address of somebody else. */
const VERSIONED = /^(?!\w+:)(?:[\w/^{}<>:().?-]*\/)?\^?v\d+(?:\.\d+)?(?:\/|$)/i
/** Calls that put routes below a path. */
const MOUNTS =
  /^(?:use|register|route|basePath|setGlobalPrefix|mount|include_router|include|register_blueprint|add_api_router|Blueprint|APIRouter|Router|NinjaAPI|Api|Namespace|path|re_path|url|Mount|group|Controller|createRouter|add_url_rule|add_route|resource|scope|prefix|startServer|Hono|FastAPI|nest|api)$/
const KEYS = /^(?:prefix|url_prefix|basePath|path|version|globalPrefix|routePrefix|root_path|mountpath|urls_namespace)$/
const CONSTANTS = /prefix|base_?path|api_?(?:v\d|path|root|base|url)|_str$|route/i
/** Names and headers that only an API with versions has. */
const DECLARED =
  'enableVersioning VersioningType VERSION_NEUTRAL X-API-Version X-Api-Version x-api-version Accept-Version accept-version DEFAULT_VERSIONING_CLASS ALLOWED_VERSIONS API_V1_STR API_V1_PREFIX VersionedFastAPI fastapi_versioning cadwyn API_PREFIX_V1'.split(
    ' ',
  )

/** Whether product code below a folder puts a version before its routes; texts about other people's APIs do not count. */
export function putsVersionBefore(context: RuleContext, folder = ''): boolean {
  if (mentionedIn(context, DECLARED) !== '') return true
  return context.program.modules.some(
    (module) => isBelow(module, folder) && isProduct(module) && mounts(context.trees[module.id]!),
  )
}

const isBelow = ({ path }: Module, folder: string): boolean => folder === '' || path.startsWith(`${folder}/`)

function mounts(tree: SyntaxTree): boolean {
  for (let node = 1; node < tree.size; node++) {
    if (tree.kind(node) !== Kind.String || tree.value(node) < 0 || !VERSIONED.test(tree.text(node))) continue
    if (isMounted(tree, node)) return true
  }
  return false
}

/** An argument or an option of a call that mounts, a decorator of a controller, or a constant that is named for it. */
function isMounted(tree: SyntaxTree, text: number): boolean {
  for (let at = tree.parent(text), from = text; at >= 0; from = at, at = tree.parent(at)) {
    const kind = tree.kind(at)
    if (kind === Kind.Call) return MOUNTS.test(calleeName(tree, at))
    if (kind === Kind.Keyword && !KEYS.test(tree.text(at))) return false
    if (kind === Kind.Dict) {
      let key = -1
      for (let part = tree.firstChild(at); part >= 0 && part !== from; part = tree.nextSibling(part)) key = part
      if (key < 0 || tree.kind(key) !== Kind.String || !KEYS.test(tree.text(key))) return false
    }
    if (kind === Kind.Assign || kind === Kind.AnnAssign) {
      const target = at + 1
      return (
        (tree.kind(target) === Kind.Name || tree.kind(target) === Kind.Attribute) && CONSTANTS.test(tree.text(target))
      )
    }
    if (kind === Kind.Body || kind === Kind.FunctionDef || kind === Kind.Module) return false
  }
  return false
}

/** Fewer files with routes than this are no set that one file puts together. */
const LEAST_FILES = 3

/** The file that puts the routes together: of product code the one that imports most of their files; undefined for none. */
export function mountPlace({ program }: RuleContext, routes: readonly EntryPoint[]): Place | undefined {
  const files = new Set(routes.map((route) => program.functionInfo(route.function).module))
  const counts = new Map<number, { count: number; line: number }>()
  for (const file of files) {
    for (const { from, line, tier } of program.imports.importersOf(file)) {
      if (tier === 'type-only' || !isProduct(program.modules[from]!)) continue
      const known = counts.get(from)
      counts.set(from, { count: (known?.count ?? 0) + 1, line: Math.min(known?.line ?? line, line) })
    }
  }
  const [best] = [...counts].sort((a, b) => b[1].count - a[1].count || a[0] - b[0])
  return best === undefined || best[1].count < LEAST_FILES
    ? undefined
    : { path: program.modules[best[0]]!.path, line: best[1].line }
}
