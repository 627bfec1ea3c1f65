// Relations of Django that load themselves in a loop: `for order in Order.objects.filter(…): order.customer.name`.
import { Flag, Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { RuleContext } from '../../rule/rule.ts'
import { calleeName } from '../../survey/expressions.ts'
import { servedCode } from '../../survey/served-code.ts'
import type { Site } from '../../survey/survey.ts'
import { givenValue, memberOfInstance } from '../../survey/what-it-is.ts'
import type { LoopedQuery } from './looped-queries.ts'

/** What fetches relations with the rows, or fetches no rows of the model. */
const FETCHES =
  /^(?:select_related|prefetch_related|values|values_list|in_bulk|aggregate|only|with_\w+|prefetch_\w+|optimi[sz]e\w*)$/
const TO_ONE = /(?:^|\.)(?:ForeignKey|OneToOneField)$/

/** Accesses that load one related object for each row. */
export function lazyRelations(context: RuleContext): LoopedQuery[] {
  const found: LoopedQuery[] = []
  const ids = ['objects', 'filter', 'all'].map((name) => context.trees[0]!.strings.id(name))
  for (const module of servedCode(context)) {
    const tree = context.trees[module]!
    if (!ids.some((id) => tree.mentions(id))) continue
    for (let node = 1; node < tree.size; node++) {
      if (tree.kind(node) !== Kind.For || tree.kind(node + 1) !== Kind.Name || !tree.has(node + 1, Flag.STORE)) continue
      const iterable = tree.child(node, 1)
      if (!isPlainQuerySet(context, { module, node: iterable })) continue
      const access = firstAccess(context, module, tree, node)
      if (access === undefined) continue
      found.push({
        module,
        node: access.node,
        what: `${tree.text(node + 1)}.${access.name}`,
        confidence: 'probable',
        through: undefined,
        isWrite: false,
        remedy: `Add \`.select_related("${access.name}")\` to the query of the loop.`,
      })
    }
  }
  return found
}

/** A query set whose making is seen from its manager on, and fetches nothing beside its rows. */
function isPlainQuerySet(context: RuleContext, site: Site): boolean {
  if (
    !context.program
      .instanceOf(site.module, site.node)
      .some((name) => /^django\.db\.models\.(?:QuerySet|Manager)$/.test(name))
  )
    return false
  const made = context.trees[site.module]!.kind(site.node) === Kind.Name ? givenValue(context, site) : site
  if (made === undefined) return false
  const tree = context.trees[made.module]!
  let at = made.node
  while (tree.kind(at) === Kind.Call || tree.kind(at) === Kind.Attribute) {
    if (tree.kind(at) === Kind.Attribute && FETCHES.test(tree.text(at))) return false
    if (tree.kind(at) === Kind.Attribute && tree.text(at) === 'objects') return tree.kind(at + 1) === Kind.Name
    if (tree.kind(at) === Kind.Call && calleeName(tree, at) === '') return false
    at++
  }
  return false
}

function firstAccess(
  context: RuleContext,
  module: number,
  tree: SyntaxTree,
  loop: number,
): { readonly node: number; readonly name: string } | undefined {
  const variable = tree.name(loop + 1)
  const body = tree.childOf(loop, Kind.Body)
  for (let at = body; at < tree.end(body); at++) {
    if (tree.kind(at) !== Kind.Attribute || tree.has(at, Flag.STORE) || tree.kind(at + 1) !== Kind.Name) continue
    if (tree.name(at + 1) !== variable) continue
    const member = memberOfInstance(context, { module, node: at })
    if (member === undefined) continue
    const home = context.trees[member.module]!
    const value = home.lastChild(home.parent(member.node))
    if (value < 0 || home.kind(value) !== Kind.Call) continue
    const name = home.dotted(value + 1)
    if (TO_ONE.test(name)) return { node: at, name: tree.text(at) }
  }
  return undefined
}
