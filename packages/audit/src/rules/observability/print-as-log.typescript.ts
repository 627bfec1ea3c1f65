// print-as-log in TypeScript: console calls that an entry point of a server reaches.

import type { Detection } from '../../detection/detection.ts'
import { counted } from '../../detection/words.ts'
import { Kind, NO_VALUE } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { FunctionId } from '../../graph/contract.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { calleeName, handlerAround, receiverOf } from '../../survey/expressions.ts'
import { addTo } from '../../survey/grouping.ts'
import { type Site, surveyOf } from '../../survey/survey.ts'
import { isForPeople, serverChainTo } from '../../survey/typescript-servers.ts'
import { bodyOf, functionSite, placeOf } from '../../survey/whereabouts.ts'

const METHODS = ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir']
const LOG_CALLS = ['info', 'warn', 'error', 'debug', 'fatal']
/** What is there to write to the console: a logger of one's own, a transport, a mail that is shown and not sent. */
const SINK = /log(?:ger|ging)?s?(?:$|[A-Z._/-])|console|transport|reporter|printer|debug/i
/** Conditions under which a developer reads the console. */
const DEVELOPER =
  /^(?:verbose|_?debug\w*|is_?dev(?:elopment|Mode)?|isDevelopment|dev|(?:enable|with|use)_?log(?:s|ging)?|logging|is_?local|is_?test|NODE_ENV|__DEV__|DEBUG\w*)$/i

/** A function of such a name is a logger's own. */
const LEVEL = /(?:^|\.)(?:log|trace|debug|verbose|info|warn|warning|error|fatal)$/

interface Print extends Site {
  readonly body: FunctionId
  readonly inHandler: boolean
}

/** Console calls in code that requests and jobs reach. */
export function typescript(context: RuleContext): RuleResult {
  const byBody = new Map<FunctionId, Print[]>()
  const modules = new Map<number, boolean>()
  let examined = 0
  for (const method of METHODS) {
    for (const site of surveyOf(context).callsNamed(method)) {
      const module = context.program.modules[site.module]!
      const tree = context.trees[site.module]!
      if (module.role !== 'code' || !isConsole(tree, site.node)) continue
      if (!modules.has(site.module)) modules.set(site.module, isForPeople(context, module) || isSink(module.path))
      if (modules.get(site.module) === true) continue
      examined++
      if (isForDeveloper(tree, site.node) || isMeant(tree, site.node)) continue
      const body = bodyOf(context, site)
      addTo(byBody, body, { ...site, body, inHandler: isLostHere(tree, site.node) })
    }
  }
  const detections = [...byBody.values()].flatMap((prints) => detection(context, prints) ?? [])
  const loggers = LOG_CALLS.reduce((sum, name) => sum + surveyOf(context).callsNamed(name).length, 0)
  return { detections, examined: { count: Math.max(examined, loggers), of: 'print and log calls' } }
}

function isConsole(tree: SyntaxTree, node: number): boolean {
  const receiver = receiverOf(tree, node)
  return receiver >= 0 && tree.kind(receiver) === Kind.Name && tree.text(receiver) === 'console'
}

/** A comment for the linter, on the line or above it, says that the console is meant. */
function isMeant(tree: SyntaxTree, node: number): boolean {
  const line = tree.line(node)
  for (let at = 0; at + 1 < tree.comments.length; at += 2) {
    // Only comments for a checker have a text; the others are lines.
    if (tree.comments[at + 1] === NO_VALUE) continue
    const text = tree.strings.text(tree.names[tree.comments[at + 1]!]!)
    if (!/no-?console/i.test(text)) continue
    const isNear = tree.comments[at]! === line || tree.comments[at]! === line - 1
    if (isNear || (tree.comments[at]! < line && !/-line/.test(text) && /eslint-disable/.test(text))) return true
  }
  return false
}

/** In a handler that does not throw again: the console is all that is left of the exception. */
function isLostHere(tree: SyntaxTree, node: number): boolean {
  const handler = handlerAround(tree, node)
  for (let at = handler; at >= 0 && at < tree.end(handler); at++) if (tree.kind(at) === Kind.Raise) return false
  return handler >= 0
}

const isSink = (path: string): boolean => SINK.test(path.slice(path.lastIndexOf('/') + 1))

function isForDeveloper(tree: SyntaxTree, node: number): boolean {
  for (let at = tree.parent(node), from = node; at >= 0; from = at, at = tree.parent(at)) {
    const kind = tree.kind(at)
    if (
      (kind === Kind.If || kind === Kind.Elif || kind === Kind.IfExp || kind === Kind.BoolOp) &&
      mentions(tree, at, from)
    )
      return true
    if ((kind === Kind.FunctionDef || kind === Kind.ClassDef) && SINK.test(tree.text(at))) return true
  }
  return false
}

/** Whether the condition of a branch, or what stands before an `&&`, asks for a mode of development. */
function mentions(tree: SyntaxTree, branch: number, from: number): boolean {
  const end = tree.kind(branch) === Kind.BoolOp || tree.kind(branch) === Kind.IfExp ? from : tree.end(branch + 1)
  for (let at = branch + 1; at < end; at++) {
    const kind = tree.kind(at)
    if ((kind === Kind.Name || kind === Kind.Attribute) && DEVELOPER.test(tree.text(at))) return true
  }
  return false
}

function detection(context: RuleContext, unsorted: readonly Print[]): Detection | undefined {
  const { program, trees } = context
  const prints = [...unsorted].sort((a, b) => a.node - b.node)
  const first = prints[0]!
  const info = program.functionInfo(first.body)
  if (info.kind === 'module' || info.kind === 'class' || LEVEL.test(info.name)) return undefined
  const place = placeOf(context, first)
  const name = `console.${calleeName(trees[first.module]!, first.node)}`
  const { entry, chain } = serverChainTo(context, first.body, { ...place, label: `${name}()` })
  if (entry === undefined) return undefined
  const routes = program.reach.routes(first.body)
  const times = prints.length > 1 ? `, ${prints.length} times` : ''
  const inHandler = prints.some((print) => print.inHandler)
  return {
    place,
    subject: info.name,
    evidence: inHandler ? 'console in catch' : 'console',
    message: {
      what: `\`${info.name}\` writes to the console${inHandler ? ' what it caught' : ''} instead of logging${times}.`,
      why: `The line has no fields and no request id, and no setting decides what is shown, so it cannot be filtered or counted with the rest of the log. \`${entry.label}\` leads here${routes > 1 ? `, one of ${counted(routes, 'route')}` : ''}.`,
      do: inHandler
        ? "Give the error to the project's logger (`logger.error({ err }, '…')`), or let it rise to the handler that logs."
        : "Use the project's logger with a level and fields: `logger.info({ orderId }, 'order placed')`.",
    },
    confidence: 'definite',
    severity: inHandler ? 'medium' : 'low',
    chain: chain.length > 2 ? chain : [],
    related: prints.slice(1, 11).map((print) => ({ ...placeOf(context, print), label: 'console again' })),
    fanOut: routes,
    fixSite: functionSite(context, first.body),
    minutes: Math.min(3 * prints.length, 30),
  }
}
