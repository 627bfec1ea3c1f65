// print-as-log in Python: print in code that serves users or runs jobs, where nobody reads standard output line by line.

import type { Detection, Severity } from '../../detection/detection.ts'
import { counted } from '../../detection/words.ts'
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { FunctionId } from '../../graph/contract.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { commandLineModules } from '../../survey/command-line.ts'
import { calleeName, handlerAround, isUnderMainGuard, keyword, receiverOf } from '../../survey/expressions.ts'
import { addTo } from '../../survey/grouping.ts'
import { servedModules } from '../../survey/served-modules.ts'
import { type Site, surveyOf } from '../../survey/survey.ts'
import { bodyOf, chainTo, functionSite, placeOf, SERVING } from '../../survey/whereabouts.ts'

/** Judges a Python program. */
export function python(context: RuleContext): RuleResult {
  const byPlace = new Map<string, Print[]>()
  let examined = 0
  const commands = commandLineModules(context)
  const served = servedModules(context)
  const terminal = new Map<FunctionId, boolean>()
  for (const site of surveyOf(context).callsNamed('print')) {
    const module = context.program.modules[site.module]!
    if (module.role !== 'code' || commands.has(site.module) || !served.has(site.module)) continue
    const tree = context.trees[site.module]!
    if (!isBuiltinPrint(context, tree, site)) continue
    examined++
    if (keyword(tree, site.node, 'file') >= 0 || isUnderMainGuard(tree, site.node) || isVerbosePath(tree, site.node))
      continue
    if (isExplained(tree, site.node) || isCopyOfAnswer(tree, site.node)) continue
    const print = { ...site, body: bodyOf(context, site), inHandler: isOnlyTrace(tree, site.node) }
    if (!terminal.has(print.body)) terminal.set(print.body, speaksToTerminal(context, tree, print))
    if (terminal.get(print.body)) continue
    const key = `${print.body} ${print.inHandler}`
    addTo(byPlace, key, print)
  }
  const detections = [...byPlace.values()]
    .map((prints) => detection(context, prints))
    .filter((found) => found !== undefined)
  return { detections, examined: { count: Math.max(examined, loggers(context)), of: 'print and log calls' } }
}

interface Print extends Site {
  readonly body: FunctionId
  readonly inHandler: boolean
}

/** `print` and not something of that name: a method, an import (`from rich import print`), a local function. */
function isBuiltinPrint(context: RuleContext, tree: SyntaxTree, site: Site): boolean {
  if (tree.kind(site.node + 1) !== Kind.Name) return false
  const name = context.program.nameOf(site.module, site.node + 1)
  return name === 'builtins.print' || name === 'print' || name === ''
}

/** A comment right above it is the reason that somebody gave for printing. */
function isExplained(tree: SyntaxTree, node: number): boolean {
  const line = tree.line(node)
  for (let at = 0; at < tree.comments.length; at += 2) if (tree.comments[at]! === line - 1) return true
  return false
}

/** In a handler whose last act is to answer with the exception itself: the print is a copy. */
function isCopyOfAnswer(tree: SyntaxTree, node: number): boolean {
  const handler = handlerAround(tree, node)
  const name = handler < 0 ? '' : tree.text(handler)
  if (name === '') return false
  const last = tree.lastChild(tree.childOf(handler, Kind.Body))
  if (node >= last || (tree.kind(last) !== Kind.Expr && tree.kind(last) !== Kind.Return)) return false
  for (let part = last; part < tree.end(last); part++)
    if (tree.kind(part) === Kind.Name && tree.text(part) === name) return true
  return false
}

const LOGGING = new Set(['debug', 'info', 'warning', 'warn', 'error', 'exception', 'critical', 'capture_exception'])

/** In an exception handler that neither logs nor raises: the print is all that is left of the exception. */
function isOnlyTrace(tree: SyntaxTree, node: number): boolean {
  const handler = handlerAround(tree, node)
  for (let at = handler; at >= 0 && at < tree.end(handler); at++) {
    const kind = tree.kind(at)
    if (kind === Kind.Raise) return false
    if (kind !== Kind.Call || !LOGGING.has(calleeName(tree, at))) continue
    if (receiverOf(tree, at) >= 0 || calleeName(tree, at) === 'capture_exception') return false
  }
  return handler >= 0
}

/** Inside `if verbose:` or `if debug:` the print is a switch of a developer, and inside a Handler it is the log itself. */
function isVerbosePath(tree: SyntaxTree, node: number): boolean {
  for (let at = tree.parent(node), from = node; at >= 0; from = at, at = tree.parent(at)) {
    const kind = tree.kind(at)
    if (kind === Kind.If && tree.kind(from) === Kind.Body) {
      for (let test = at + 1; test < tree.end(at + 1); test++) {
        const part = tree.kind(test)
        if (
          (part === Kind.Name || part === Kind.Attribute) &&
          /^(?:verbose|_?debug|verbosity|show_progress|is_?cli|echo)$/i.test(tree.text(test))
        )
          return true
      }
    }
    if (kind === Kind.ClassDef) {
      for (let base = at + 1; base < tree.end(at) && tree.kind(base) !== Kind.Body; base++) {
        const part = tree.kind(base)
        if (
          (part === Kind.Name || part === Kind.Attribute) &&
          /(?:Handler|Formatter|Console\w*|BaseCommand|Action)$/.test(tree.text(base))
        )
          return true
      }
    }
  }
  return false
}

/** A function that is there to print, or that asks questions, was written for a terminal; so was import-time code. */
function speaksToTerminal(context: RuleContext, tree: SyntaxTree, print: Print): boolean {
  const info = context.program.functionInfo(print.body)
  if (info.kind === 'module') return true
  if (/(?:^|[._])(?:print|display|dump|banner|usage|main|test)(?:_|$)/.test(info.name) || info.name.endsWith('_main'))
    return true
  const fn = tree.enclosingFunction(print.node)
  for (let at = fn; at < tree.end(fn); at++) {
    if (tree.kind(at) === Kind.Call && tree.kind(at + 1) === Kind.Name && tree.text(at + 1) === 'input') return true
  }
  return false
}

/** The prints of one function that all stand for an exception, or none of which does. */
function detection(context: RuleContext, prints: readonly Print[]): Detection | undefined {
  const { program } = context
  const first = prints[0]!
  const { body, inHandler } = first
  const info = program.functionInfo(body)
  const place = placeOf(context, first)
  const { entry, chain } = chainTo(context, body, SERVING, { ...place, label: 'print()' })
  if (entry === undefined && program.reach.isReachable(body, ['command', 'startup'])) return undefined
  const severity: Severity = entry === undefined ? 'low' : inHandler ? 'high' : 'medium'
  const routes = program.reach.routes(body)
  const who =
    entry === undefined
      ? 'The service imports this module; nothing was seen to call it.'
      : `\`${entry.label}\` leads here${routes > 1 ? `, one of ${counted(routes, 'route')}` : ''}.`
  const times = prints.length > 1 ? `, ${prints.length} times` : ''
  return {
    place,
    subject: info.name,
    evidence: inHandler ? 'print in except' : 'print',
    message: {
      what: inHandler
        ? `\`${info.name}\` prints an exception instead of logging it${times}.`
        : `\`${info.name}\` prints instead of logging${times}.`,
      why: `The line has no level, time, logger name or request id, so it cannot be filtered or counted with the rest of the log. ${who}${inHandler ? ' The traceback is lost as well.' : ''}`,
      do: inHandler
        ? 'Use `logger.exception("…")` of `logging.getLogger(__name__)`.'
        : 'Use `logging.getLogger(__name__)` with a level.',
    },
    // What no entry was seen to reach may serve nobody.
    confidence: entry === undefined ? 'possible' : 'definite',
    severity,
    chain: chain.length > 2 ? chain : [],
    related: prints.slice(1, 11).map((print) => ({ ...placeOf(context, print), label: 'print()' })),
    fanOut: routes,
    fixSite: functionSite(context, body),
    minutes: Math.min(3 * prints.length, 30),
  }
}

function loggers(context: RuleContext): number {
  const survey = surveyOf(context)
  return ['debug', 'info', 'warning', 'error', 'exception', 'critical'].reduce(
    (sum, name) => sum + survey.callsNamed(name).length,
    0,
  )
}
