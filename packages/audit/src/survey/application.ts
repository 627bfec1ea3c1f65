// The application as a whole: where it is put together, whether it is a service at all, and which libraries it uses.
import { Kind } from '../facts/contract.ts'
import type { Place } from '../facts/place.ts'
import type { RuleContext } from '../rule/rule.ts'
import { surveyOf } from './survey.ts'
import { isProduct, placeOf } from './whereabouts.ts'

const FACTORIES: Readonly<Record<string, RegExp>> = {
  FastAPI: /^fastapi\./,
  Flask: /^flask\./,
  Starlette: /^starlette\./,
  Quart: /^quart\./,
  Sanic: /^sanic\./,
  Litestar: /^litestar\./,
  get_asgi_application: /^django\./,
  get_wsgi_application: /^django\./,
}

/** The file and line where the web application is made, or undefined for a repository that serves no requests. */
export function applicationPlace(context: RuleContext): Place | undefined {
  for (const [name, library] of Object.entries(FACTORIES)) {
    for (const site of surveyOf(context).callsNamed(name)) {
      if (!isProduct(context.program.modules[site.module]!)) continue
      if (library.test(context.program.nameOf(site.module, site.node + 1))) return placeOf(context, site)
    }
  }
  return (
    factoryPlace(context) ??
    context.program.entries.find((entry) => entry.kind === 'route' && isProductEntry(context, entry.function))?.place
  )
}

/** `def create_app()` and its kin, for applications whose class is their own. */
function factoryPlace({ program, trees }: RuleContext): Place | undefined {
  if (!program.entries.some((entry) => entry.kind === 'route')) return undefined
  const names = ['create_app', 'make_app', 'build_app', 'create_application', 'get_application', 'create_api_app']
  for (const module of program.modules) {
    const tree = trees[module.id]!
    const wanted = names.map((name) => tree.strings.id(name)).filter((id) => id >= 0)
    if (!isProduct(module) || !wanted.some((id) => tree.mentions(id))) continue
    for (let at = tree.firstChild(0); at >= 0; at = tree.nextSibling(at)) {
      if (tree.kind(at) === Kind.FunctionDef && wanted.includes(tree.name(at)))
        return { path: tree.path, line: tree.line(at) }
    }
  }
  return undefined
}

function isProductEntry({ program }: RuleContext, fn: number): boolean {
  return isProduct(program.modules[program.functionInfo(fn).module]!)
}

/** Routes of product code. */
export function routeCount(context: RuleContext): number {
  return context.program.entries.filter(
    (entry) => (entry.kind === 'route' || entry.kind === 'websocket') && isProductEntry(context, entry.function),
  ).length
}

/** Queue tasks of product code. */
export function taskCount(context: RuleContext): number {
  return context.program.entries.filter((entry) => entry.kind === 'task' && isProductEntry(context, entry.function))
    .length
}

/** The first of these libraries that product code imports or a manifest declares, or ''. Import names, `_` for `-`. */
export function libraryInUse({ program, config }: RuleContext, names: readonly string[]): string {
  for (const name of names) if (config.dependsOn(name.replaceAll('_', '-'))) return name
  for (const module of program.modules) {
    if (!isProduct(module)) continue
    const externals = program.imports.externalsOf(module.id)
    const found = names.find((name) => externals.has(name))
    if (found !== undefined) return found
  }
  return ''
}

/** The first product module that mentions an identifier or text of exactly this form, as its path, or ''. */
export function mentionedIn({ program, trees }: RuleContext, texts: readonly string[]): string {
  const strings = trees[0]?.strings
  if (strings === undefined) return ''
  const ids = texts.map((text) => strings.id(text)).filter((id) => id >= 0)
  if (ids.length === 0) return ''
  for (const module of program.modules) {
    if (isProduct(module) && ids.some((id) => trees[module.id]!.mentions(id))) return module.path
  }
  return ''
}
