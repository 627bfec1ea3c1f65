// named-prepared-statements in TypeScript: pg's queries with a name and postgres.js, behind a pooler that changes sessions.

import type { Detection } from '../../detection/detection.ts'
import { Kind } from '../../facts/contract.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { type PoolerEvidence, poolerEvidence } from '../../survey/deployment.ts'
import { positional } from '../../survey/expressions.ts'
import { entryOf, hasSpread } from '../../survey/object-literal.ts'
import { type Site, surveyOf } from '../../survey/survey.ts'
import { isProduct, placeOf, subjectOf } from '../../survey/whereabouts.ts'

interface Prepared extends Site {
  readonly what: string
  readonly remedy: string
}

/** Statements that a driver keeps by name although the pooler gives each transaction another session. */
export function typescript(context: RuleContext): RuleResult {
  const found = [...namedQueries(context), ...postgresClients(context)]
  const pooler = poolerEvidence(context)
  return {
    detections: pooler === undefined ? [] : found.map((item) => detection(context, item, pooler)),
    examined: { count: found.length, of: 'named statements of pg and clients of postgres.js' },
  }
}

/** `client.query({ name: 'user', text: '…' })`. */
function namedQueries(context: RuleContext): Prepared[] {
  const { program, trees } = context
  return surveyOf(context)
    .callsNamed('query')
    .flatMap((site) => {
      const tree = trees[site.module]!
      const given = positional(tree, site.node, 0)
      if (!isProduct(program.modules[site.module]!) || given < 0) return []
      const isNamed = entryOf(tree, given, 'name') >= 0 && entryOf(tree, given, 'text') >= 0
      const remedy = 'Leave the `name` out, or run PgBouncer 1.21 with `max_prepared_statements`.'
      return isNamed ? [{ ...site, what: 'A query with a `name` is prepared once for each connection', remedy }] : []
    })
}

/** `postgres(url)` prepares every statement unless it is told not to. */
function postgresClients(context: RuleContext): Prepared[] {
  const { program, trees } = context
  const found: Prepared[] = []
  for (const module of program.modules) {
    if (!isProduct(module) || !program.imports.externalsOf(module.id).has('postgres')) continue
    const tree = trees[module.id]!
    const [from, to] = program.callRange(module.id)
    for (let call = from; call < to; call++) {
      const node = program.callNode(call)
      if (!/^postgres(?:\.default)?$/.test(program.nameOf(module.id, node + 1))) continue
      const options = positional(tree, node, 1)
      const prepare = entryOf(tree, options, 'prepare')
      const isElsewhere = options >= 0 && (tree.kind(options) !== Kind.Dict || hasSpread(tree, options))
      if ((prepare >= 0 && tree.kind(prepare) !== Kind.True) || (prepare < 0 && isElsewhere)) continue
      const remedy = 'Pass `prepare: false`, or run PgBouncer 1.21 with `max_prepared_statements`.'
      found.push({ module: module.id, node, what: 'postgres.js prepares every statement under a name', remedy })
    }
  }
  return found
}

function detection(context: RuleContext, item: Prepared, pooler: PoolerEvidence): Detection {
  const [major = 0, minor = 0] = pooler.version.split('.').map(Number)
  const keeps =
    (pooler.maxPreparedStatements ?? 0) > 0 && (pooler.version === '' || major > 1 || (major === 1 && minor >= 21))
  return {
    place: placeOf(context, item),
    subject: subjectOf(context, item),
    evidence: 'statements prepared under names',
    message: {
      what: `${item.what}.`,
      why: keeps
        ? `${pooler.what} keeps ${pooler.maxPreparedStatements} prepared statements for its clients, so this works as long as nobody lowers it.`
        : `Behind ${pooler.what} the next query may run in a session that never heard of the name: "prepared statement does not exist", under load and not in tests.`,
      do: item.remedy,
    },
    confidence: 'probable',
    severity: keeps ? 'info' : 'medium',
    related: [{ ...pooler.place, label: pooler.what }],
  }
}
