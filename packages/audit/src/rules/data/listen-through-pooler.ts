// data/listen-through-pooler: LISTEN subscribes a session, and a transaction pooler hands that session to others.

import type { Detection } from '../../detection/detection.ts'
import { Kind } from '../../facts/contract.ts'
import type { Confidence } from '../../facts/place.ts'
import type { FunctionId } from '../../graph/contract.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { opensDirectConnection } from '../../survey/dedicated-connection.ts'
import { poolerEvidence } from '../../survey/deployment.ts'
import { argumentCount } from '../../survey/expressions.ts'
import { addTo } from '../../survey/grouping.ts'
import { Sql } from '../../survey/sql-text.ts'
import { sqlUse } from '../../survey/sql-use.ts'
import { type Site, surveyOf } from '../../survey/survey.ts'
import { bodyOf, functionSite, isProduct, placeOf } from '../../survey/whereabouts.ts'

interface Subscription extends Site {
  readonly confidence: Confidence
  readonly what: string
}

export const rule: Rule = {
  id: 'data/listen-through-pooler',
  decision: 'data',
  severity: 'medium',
  effort: { minutes: 120, per: 'site' },
  trial: false,
  summary: 'LISTEN needs a session of its own, which a transaction pooler does not give.',
  judges: { python: judge },
}

function judge(context: RuleContext): RuleResult {
  const byBody = new Map<FunctionId, Subscription[]>()
  for (const item of subscriptions(context)) {
    const body = bodyOf(context, item)
    addTo(byBody, body, item)
  }
  const detections = [...byBody].map(([body, items]) => detection(context, body, items))
  return { detections, examined: { count: detections.length, of: 'functions that listen for notifications' } }
}

function subscriptions(context: RuleContext): Subscription[] {
  const { program, trees } = context
  const survey = surveyOf(context)
  const found: Subscription[] = []
  const product = (site: Site) => isProduct(program.modules[site.module]!)
  for (const text of survey.sql) {
    if ((text.classes & Sql.Listen) === 0 || !product(text)) continue
    const use = sqlUse(context, text.module, text.node)
    if (use !== undefined)
      found.push({ module: text.module, node: use.call, confidence: use.confidence, what: 'LISTEN' })
  }
  for (const [name, library] of [
    ['add_notify_handler', /^psycopg/],
    ['notifies', /^psycopg/],
    ['add_listener', /^asyncpg/],
  ] as const) {
    for (const site of survey.callsNamed(name)) {
      const tree = trees[site.module]!
      if (!product(site) || tree.kind(site.node + 1) !== Kind.Attribute) continue
      const target = program
        .targetsOf(program.callAt(site.module, site.node))
        .find((item) => library.test(item.external))
      const imports = [...program.imports.externalsOf(site.module).keys()]
      const isTyped = target !== undefined && target.confidence !== 'possible'
      // add_notify_handler exists in psycopg alone; the other two names need the driver in the same file.
      if (!isTyped && name !== 'add_notify_handler' && !imports.some((item) => library.test(item))) continue
      if (!isTyped && name === 'add_listener' && argumentCount(tree, site.node) !== 2) continue
      found.push({ ...site, confidence: isTyped ? target.confidence : 'probable', what: name })
    }
  }
  return found.sort((a, b) => a.module - b.module || a.node - b.node)
}

function detection(context: RuleContext, body: FunctionId, items: readonly Subscription[]): Detection {
  const first = items[0]!
  const tree = context.trees[first.module]!
  const info = context.program.functionInfo(body)
  const around = tree.enclosingFunction(first.node)
  const isDirect = opensDirectConnection(tree, around < 0 ? 0 : around)
  const pooler = poolerEvidence(context)
  return {
    place: placeOf(context, first),
    subject: info.name,
    evidence: items
      .map((item) => item.what)
      .filter((what, at, all) => all.indexOf(what) === at)
      .join(', '),
    message: {
      what: `\`${info.name}\` subscribes to notifications (\`${first.what}\`), which belong to one database session.`,
      why: `${pooler === undefined ? 'Behind a transaction pooler' : `Behind ${pooler.what}`} the subscription stays with whichever server connection ran it, and notifications stop without an error.`,
      do: isDirect
        ? 'It opens a connection of its own: keep that address out of the pooler, and count one database connection for each process.'
        : 'Give the listener a second, direct address (a `DIRECT_DATABASE_URL` beside the pooled one); NOTIFY may stay on the pool.',
    },
    confidence: items.some((item) => item.confidence === 'definite') ? 'definite' : 'probable',
    related: items.slice(1, 6).map((item) => ({ ...placeOf(context, item), label: item.what })),
    fixSite: functionSite(context, body),
  }
}
