// swallowed-exception in Python: a handler for every exception that does nothing, in code that serves users or runs jobs.

import type { Detection } from '../../detection/detection.ts'
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { commandLineModules } from '../../survey/command-line.ts'
import { calleeName } from '../../survey/expressions.ts'
import { type Site, surveyOf } from '../../survey/survey.ts'
import { bodyOf, chainTo, functionSite, placeOf, SERVING } from '../../survey/whereabouts.ts'

/** Calls between the entry and the handler up to which the handler is part of what the entry does. */
const NEAR = 3

/** Judges a Python program. */
export function python(context: RuleContext): RuleResult {
  const detections: Detection[] = []
  const commands = commandLineModules(context)
  let examined = 0
  for (const site of surveyOf(context).handlers) {
    if (context.program.modules[site.module]!.role !== 'code' || commands.has(site.module)) continue
    const tree = context.trees[site.module]!
    if (!catchesEverything(tree, site.node)) continue
    examined++
    const how = swallows(tree, site.node)
    if (how === undefined || hasComment(tree, site.node) || guardsImport(tree, site.node) || isCleanUp(tree, site.node))
      continue
    if (saysAfterwards(tree, site.node)) continue
    const found = detection(context, site, how)
    if (found !== undefined) detections.push(found)
  }
  return { detections, examined: { count: examined, of: 'handlers of every exception' } }
}

function catchesEverything(tree: SyntaxTree, handler: number): boolean {
  const type = handler + 1
  const kind = tree.kind(type)
  if (kind === Kind.Body) return true
  return kind === Kind.Name && (tree.text(type) === 'Exception' || tree.text(type) === 'BaseException')
}

/** `pass` and kin, or a print alone; undefined when the handler does something. */
function swallows(tree: SyntaxTree, handler: number): 'pass' | 'print' | undefined {
  const body = tree.childOf(handler, Kind.Body)
  let prints = false
  for (let at = tree.firstChild(body); at >= 0; at = tree.nextSibling(at)) {
    const kind = tree.kind(at)
    if (kind === Kind.Pass || kind === Kind.Continue) continue
    if (kind !== Kind.Expr) return undefined
    const value = tree.kind(at + 1)
    if (value === Kind.Ellipsis || value === Kind.String) continue
    if (value === Kind.Call && calleeName(tree, at + 1) === 'print') prints = true
    else return undefined
  }
  return prints ? 'print' : 'pass'
}

/** A comment in the handler is the reason that somebody gave. */
function hasComment(tree: SyntaxTree, handler: number): boolean {
  const from = tree.line(handler)
  const to = tree.value(tree.childOf(handler, Kind.Body))
  for (let at = 0; at < tree.comments.length; at += 2)
    if (tree.comments[at]! >= from && tree.comments[at]! <= to) return true
  return false
}

/** An optional import is handled by having no module. */
function guardsImport(tree: SyntaxTree, handler: number): boolean {
  const body = tree.childOf(tree.parent(handler), Kind.Body)
  const first = tree.firstChild(body)
  return tree.kind(first) === Kind.Import || tree.kind(first) === Kind.ImportFrom
}

/** Closing, deleting and cancelling on the way out may fail without harm. */
function isCleanUp(tree: SyntaxTree, handler: number): boolean {
  const body = tree.childOf(tree.parent(handler), Kind.Body)
  const first = tree.firstChild(body)
  if (tree.childCount(body) !== 1 || tree.kind(first) !== Kind.Expr) return false
  const call = tree.kind(first + 1) === Kind.Await ? first + 2 : first + 1
  return (
    tree.kind(call) === Kind.Call &&
    /^(?:close|aclose|remove|unlink|rmtree|cancel|terminate|kill|rollback|disconnect|shutdown|release|stop|cleanup|expunge|flush|seek|capture_\w+|join|quit|logout)$/.test(
      calleeName(tree, call),
    )
  )
}

/** `try: return int(text) except Exception: pass` and `value = default; try: value = …`: the code after it is the answer. */
function fallsBack(tree: SyntaxTree, handler: number): boolean {
  const body = tree.childOf(tree.parent(handler), Kind.Body)
  if (tree.childCount(body) > 2) return false
  for (let at = tree.firstChild(body); at >= 0; at = tree.nextSibling(at)) {
    const kind = tree.kind(at)
    if (
      kind !== Kind.Return &&
      kind !== Kind.Assign &&
      kind !== Kind.AnnAssign &&
      kind !== Kind.Import &&
      kind !== Kind.ImportFrom
    )
      return false
  }
  return true
}

/** `try: … return ok` and after it `return HttpResponse(status=500)` or a raise: success leaves before, failure is told. */
function saysAfterwards(tree: SyntaxTree, handler: number): boolean {
  const attempt = tree.parent(handler)
  const next = tree.nextSibling(attempt)
  if (next < 0 || (tree.kind(next) !== Kind.Return && tree.kind(next) !== Kind.Raise)) return false
  if (tree.kind(next) === Kind.Return && tree.end(next) === next + 1) return false
  const body = tree.childOf(attempt, Kind.Body)
  for (let at = body; at < tree.end(body); at++) if (tree.kind(at) === Kind.Return) return true
  return false
}

/** Inside another handler or a `finally`: the first failure has been dealt with, this is a courtesy. */
function isOnTheWayOut(tree: SyntaxTree, handler: number): boolean {
  const fn = tree.enclosingFunction(handler)
  for (let at = tree.parent(tree.parent(handler)); at > fn; at = tree.parent(at)) {
    const kind = tree.kind(at)
    if (kind === Kind.Handler || kind === Kind.Finally) return true
  }
  return false
}

function detection(context: RuleContext, site: Site, how: 'pass' | 'print'): Detection | undefined {
  const { program } = context
  const body = bodyOf(context, site)
  const info = program.functionInfo(body)
  const place = placeOf(context, site)
  const { entry, chain } = chainTo(context, body, SERVING, { ...place, label: 'except Exception' })
  if (entry === undefined) return undefined
  const isEntry = entry.function === body
  // Far from the entry, or around one value with a default: somebody may have meant it.
  const tree = context.trees[site.module]!
  const isDoubtful = chain.length > NEAR + 2 || fallsBack(tree, site.node) || isOnTheWayOut(tree, site.node)
  return {
    place,
    subject: info.name,
    evidence: `except Exception: ${how}`,
    message: {
      what: `\`${info.name}\` catches every exception and ${how === 'print' ? 'only prints it' : 'does nothing with it'}.`,
      why: `\`${entry.label}\` goes on, and no log line or error report says that something failed or what.`,
      do: 'Catch the one exception that is expected; log the rest with `logger.exception`, or let it rise. If it is meant, say why in a comment.',
    },
    confidence: isDoubtful ? 'possible' : isEntry ? 'definite' : 'probable',
    severity: how === 'print' || isEntry ? 'medium' : 'low',
    chain: chain.length > 2 ? chain : [],
    fanOut: program.reach.routes(body),
    ...(info.kind === 'module' ? {} : { fixSite: functionSite(context, body) }),
  }
}
