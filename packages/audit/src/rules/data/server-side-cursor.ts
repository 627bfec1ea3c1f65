// data/server-side-cursor: a cursor that lives on the server between two queries, behind a pooler that changes servers.

import type { Detection } from '../../detection/detection.ts'
import { Kind } from '../../facts/contract.ts'
import type { Confidence } from '../../facts/place.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { mentionedIn } from '../../survey/application.ts'
import { poolerEvidence } from '../../survey/deployment.ts'
import { calleeName, keyword, positional, receiverOf } from '../../survey/expressions.ts'
import { type Site, surveyOf } from '../../survey/survey.ts'
import { isProduct, placeOf, subjectOf } from '../../survey/whereabouts.ts'

export const rule: Rule = {
  id: 'data/server-side-cursor',
  decision: 'data',
  severity: 'medium',
  effort: { minutes: 10, per: 'site' },
  trial: false,
  summary: 'A server-side cursor is read outside a transaction although a transaction pooler is in use.',
  judges: { python: judge },
}

function judge(context: RuleContext): RuleResult {
  const cursors = serverSideCursors(context)
  const examined = { count: cursors.length, of: 'server-side cursors' }
  const pooler = poolerEvidence(context)
  if (pooler === undefined || mentionedIn(context, ['DISABLE_SERVER_SIDE_CURSORS']) !== '')
    return { detections: [], examined }
  const detections = cursors
    .filter((cursor) => !isInTransaction(context.trees[cursor.module]!, cursor.node))
    .map(
      (cursor): Detection => ({
        place: placeOf(context, cursor),
        subject: subjectOf(context, cursor),
        evidence: cursor.what,
        message: {
          what: `\`${cursor.what}\` keeps a cursor open on the database server while the rows are read.`,
          why: `Behind ${pooler.what} the next fetch may reach another server connection: "cursor does not exist" under load.`,
          do: 'Read it inside one transaction, or set `DISABLE_SERVER_SIDE_CURSORS` (Django) for the pooled alias, or page by key.',
        },
        confidence: cursor.confidence,
        related: [{ ...pooler.place, label: pooler.what }],
      }),
    )
  return { detections, examined }
}

interface Cursor extends Site {
  readonly what: string
  readonly confidence: Confidence
}

function serverSideCursors(context: RuleContext): Cursor[] {
  const { program, trees } = context
  const found: Cursor[] = []
  const survey = surveyOf(context)
  for (const site of survey.callsNamed('iterator')) {
    const target = program
      .targetsOf(program.callAt(site.module, site.node))
      .find((item) => item.external === 'django.db.models.QuerySet.iterator')
    if (target === undefined || target.confidence === 'possible' || !isProduct(program.modules[site.module]!)) continue
    found.push({ ...site, what: '.iterator()', confidence: target.confidence })
  }
  for (const site of survey.callsNamed('cursor')) {
    const tree = trees[site.module]!
    if (!isProduct(program.modules[site.module]!) || receiverOf(tree, site.node) < 0) continue
    const name =
      keyword(tree, site.node, 'name') >= 0 ? keyword(tree, site.node, 'name') : positional(tree, site.node, 0)
    if (
      name < 0 ||
      tree.kind(name) === Kind.None ||
      (tree.kind(name) !== Kind.String && keyword(tree, site.node, 'name') < 0)
    )
      continue
    const target = program
      .targetsOf(program.callAt(site.module, site.node))
      .find((item) => /psycopg/.test(item.external))
    const imports = program.imports.externalsOf(site.module)
    if (target === undefined && !imports.has('psycopg2') && !imports.has('psycopg')) continue
    found.push({ ...site, what: 'cursor(name=…)', confidence: target === undefined ? 'probable' : target.confidence })
  }
  return found
}

/** A `with transaction.atomic()`, `with session.begin()` or `@transaction.atomic` around the node. */
function isInTransaction(tree: SyntaxTree, node: number): boolean {
  for (let at = tree.parent(node); at >= 0; at = tree.parent(at)) {
    const kind = tree.kind(at)
    if (kind !== Kind.With && kind !== Kind.FunctionDef) continue
    for (let part = tree.firstChild(at); part >= 0; part = tree.nextSibling(part)) {
      const role = tree.kind(part)
      if (role !== Kind.WithItem && role !== Kind.Decorator) continue
      for (let inner = part + 1; inner < tree.end(part); inner++) {
        const word = tree.kind(inner)
        if (
          (word === Kind.Name || word === Kind.Attribute) &&
          /^(?:atomic|begin|begin_nested|transaction)$/.test(tree.text(inner))
        )
          return true
        if (word === Kind.Call && calleeName(tree, inner) === 'atomic') return true
      }
    }
  }
  return false
}
