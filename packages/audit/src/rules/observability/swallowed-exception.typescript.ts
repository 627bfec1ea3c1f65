// swallowed-exception in TypeScript: empty `catch`, and `.catch(() => {})`, in code that a server's entry points reach.

import type { Detection } from '../../detection/detection.ts'
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { calleeName, positional, receiverOf } from '../../survey/expressions.ts'
import { type Site, surveyOf } from '../../survey/survey.ts'
import { isForPeople, serverChainTo } from '../../survey/typescript-servers.ts'
import { bodyOf, functionSite, placeOf } from '../../survey/whereabouts.ts'

/** Calls between the entry and the handler up to which the handler is part of what the entry does. */
const NEAR = 3
/** On the way out, or for order's sake: a failure does no harm. */
const CLEAN_UP =
  /^(?:close|end|destroy|dispose|unlink\w*|rm\w*|remove|rimraf|cancel|abort|terminate|kill|rollback\w*|disconnect|shutdown|release\w*|stop|cleanup|quit|logout|unref|unsubscribe|flush|clearInterval|clearTimeout|finish|unlock|del)$/i
/** Questions that are answered by throwing: the catch is the other answer. */
const QUESTION =
  /^(?:access\w*|l?stat\w*|exists\w*|verify\w*|parse\w*|(?:get|find|read|load)\w*(?:JWT|Token|Session)\w*|decode\w*|decrypt\w*|validate\w*|resolve\w*|require|import|lookup|URL|RegExp|BigInt|compare\w*|readFile\w*|mkdir\w*|assert\w*|getPrototypeOf|createRequire|from|test|match|is[A-Z]\w*|has[A-Z]?\w*|JSON)$/

type How = 'empty' | 'callback' | 'default'

/** Handlers that drop what they catch. */
export function typescript(context: RuleContext): RuleResult {
  const detections: Detection[] = []
  let examined = 0
  for (const site of surveyOf(context).handlers) {
    if (!isServerCode(context, site)) continue
    examined++
    const tree = context.trees[site.module]!
    const how = dropped(tree, site.node)
    if (how === undefined || hasComment(tree, tree.line(site.node), tree.value(tree.childOf(site.node, Kind.Body))))
      continue
    const tried = tree.childOf(tree.parent(site.node), Kind.Body)
    if (isHarmless(tree, tried, how) || isOnTheWayOut(tree, site.node)) continue
    add(context, detections, site, how, fallsBack(tree, tried))
  }
  for (const site of surveyOf(context).callsNamed('catch')) {
    if (!isServerCode(context, site)) continue
    examined++
    const tree = context.trees[site.module]!
    const handler = positional(tree, site.node, 0)
    const object = receiverOf(tree, site.node)
    if (handler < 0 || object < 0 || !isNothing(tree, handler)) continue
    if (hasComment(tree, tree.line(site.node), lastLine(tree, site.node)) || isOnTheWayOut(tree, site.node)) continue
    if (tree.kind(object) === Kind.Call && CLEAN_UP.test(calleeName(tree, object))) continue
    // `const team = await find().catch(() => null)`: what follows asks whether there is one.
    add(context, detections, site, 'callback', !tree.isUnused(site.node))
  }
  return { detections, examined: { count: examined, of: 'handlers of every exception' } }
}

function isServerCode(context: RuleContext, { module }: Site): boolean {
  const info = context.program.modules[module]!
  return info.role === 'code' && !isForPeople(context, info)
}

/** `catch {}`, or a `catch` that gives a constant back; undefined when it does something. */
function dropped(tree: SyntaxTree, handler: number): How | undefined {
  const body = tree.childOf(handler, Kind.Body)
  const first = tree.firstChild(body)
  if (first < 0) return 'empty'
  const kind = tree.kind(first)
  if (tree.nextSibling(first) >= 0) return undefined
  if (kind === Kind.Pass || kind === Kind.Continue) return 'empty'
  if (kind !== Kind.Return) return undefined
  return tree.firstChild(first) < 0 || isConstant(tree, first + 1) ? 'default' : undefined
}

/** `null`, `false`, `[]`, `{}`, `0`, `''`, `undefined`. */
function isConstant(tree: SyntaxTree, node: number): boolean {
  const kind = tree.kind(node)
  if (kind === Kind.List || kind === Kind.Dict) return tree.firstChild(node) < 0
  if (kind === Kind.Name) return tree.text(node) === 'undefined'
  return kind === Kind.None || kind === Kind.False || kind === Kind.True || kind === Kind.Number || kind === Kind.String
}

/** `() => {}`, `() => undefined`, `() => null`, `noop`. */
function isNothing(tree: SyntaxTree, node: number): boolean {
  if (tree.kind(node) === Kind.Name || tree.kind(node) === Kind.Attribute) return tree.text(node) === 'noop'
  if (tree.kind(node) !== Kind.Lambda) return false
  const last = tree.lastChild(node)
  if (last < 0) return true
  if (tree.kind(last) === Kind.Body) return tree.firstChild(last) < 0
  return tree.kind(last) === Kind.None || (tree.kind(last) === Kind.Name && tree.text(last) === 'undefined')
}

/** A comment in the handler is the reason that somebody gave. */
function hasComment(tree: SyntaxTree, from: number, to: number): boolean {
  for (let at = 0; at < tree.comments.length; at += 2) {
    // The line above says it too, of a handler that is one line.
    if (tree.comments[at]! >= from - (from === to ? 1 : 0) && tree.comments[at]! <= to) return true
  }
  return false
}

function lastLine(tree: SyntaxTree, node: number): number {
  let line = tree.line(node)
  for (let at = node; at < tree.end(node); at++) {
    line = Math.max(line, tree.kind(at) === Kind.Body ? tree.value(at) : tree.line(at))
  }
  return line
}

/** Clean-up, a question that throws its "no", or a default for work that waits for nothing. */
function isHarmless(tree: SyntaxTree, tried: number, how: How): boolean {
  let waits = false
  let asks = false
  let works = false
  for (let at = tried; at < tree.end(tried); at++) {
    if (tree.kind(at) === Kind.Await) waits = true
    if (tree.kind(at) !== Kind.Call) continue
    const name = calleeName(tree, at)
    const receiver = receiverOf(tree, at)
    const isJson = receiver >= 0 && tree.kind(receiver) === Kind.Name && tree.text(receiver) === 'JSON'
    if (QUESTION.test(name) || isJson) asks = true
    else if (!CLEAN_UP.test(name)) works = true
  }
  if (!works) return true
  // `return true` and `return false`: the failure is the answer.
  return how === 'default' && (asks || !waits || endsInTruth(tree, tried))
}

function endsInTruth(tree: SyntaxTree, body: number): boolean {
  const last = tree.lastChild(body)
  return tree.kind(last) === Kind.Return && (tree.kind(last + 1) === Kind.True || tree.kind(last + 1) === Kind.False)
}

/** Nothing in it waits for anybody: what fails is a value of the wrong form, and the code after it is the answer. */
function fallsBack(tree: SyntaxTree, tried: number): boolean {
  for (let at = tried; at < tree.end(tried); at++) if (tree.kind(at) === Kind.Await) return false
  return true
}

/** Inside another handler or a `finally`: the first failure has been dealt with, this is a courtesy. */
function isOnTheWayOut(tree: SyntaxTree, node: number): boolean {
  const fn = tree.enclosingFunction(node)
  for (let at = tree.parent(tree.parent(node)); at > fn; at = tree.parent(at)) {
    const kind = tree.kind(at)
    if (kind === Kind.Handler || kind === Kind.Finally) return true
  }
  return false
}

const WRITTEN: Readonly<Record<How, string>> = {
  empty: 'catch {}',
  callback: '.catch(() => {})',
  default: 'catch { return … }',
}
const DOES: Readonly<Record<How, string>> = {
  empty: 'does nothing with it',
  callback: 'does nothing with it',
  default: 'answers with a constant',
}

function add(context: RuleContext, detections: Detection[], site: Site, how: How, isValue: boolean): void {
  const { program } = context
  const body = bodyOf(context, site)
  const info = program.functionInfo(body)
  const place = placeOf(context, site)
  const { entry, chain } = serverChainTo(context, body, { ...place, label: WRITTEN[how] })
  if (entry === undefined) return
  const isEntry = entry.function === body
  const isDoubtful = isValue || chain.length > NEAR + 2
  detections.push({
    place,
    subject: info.name,
    evidence: WRITTEN[how],
    message: {
      what: `\`${info.name}\` catches every exception and ${DOES[how]}.`,
      why: `\`${entry.label}\` goes on, and no log line or error report says that something failed or what.`,
      do: 'Look for the one error that is expected; log the rest with its stack, or let it rise. If it is meant, say why in a comment.',
    },
    confidence: isDoubtful ? 'possible' : isEntry && how === 'empty' ? 'definite' : 'probable',
    severity: isEntry && how === 'empty' ? 'medium' : 'low',
    chain: chain.length > 2 ? chain : [],
    fanOut: program.reach.routes(body),
    ...(info.kind === 'module' ? {} : { fixSite: functionSite(context, body) }),
  })
}
