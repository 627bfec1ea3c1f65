// session-state in TypeScript: the SQL that a driver, a query builder or an ORM is given as text.
import { type SessionState, sessionStateIn } from '@footing/kernel'
import type { Detection } from '../../detection/detection.ts'
import { Flag, Kind } from '../../facts/contract.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { poolerEvidence } from '../../survey/deployment.ts'
import { constantText, positional } from '../../survey/expressions.ts'
import { type Site, surveyOf } from '../../survey/survey.ts'
import { isProduct, placeOf, subjectOf } from '../../survey/whereabouts.ts'

/** Methods that send their first argument to a database: pg, postgres.js, Knex, TypeORM, Sequelize, Prisma, Kysely, Drizzle. */
const SENDERS = [
  'query',
  'execute',
  'raw',
  'unsafe',
  '$queryRaw',
  '$executeRaw',
  '$queryRawUnsafe',
  '$executeRawUnsafe',
  'executeSql',
  'sql',
]
/** Kinds that a word alone may be: they need a second one to be SQL. */
const ONE_WORD = new Set(['listen', 'loaded-library'])

/** Statements that change the session and not the transaction. */
export function typescript(context: RuleContext): RuleResult {
  let statements = 0
  const detections: Detection[] = []
  for (const sender of SENDERS) {
    for (const site of surveyOf(context).callsNamed(sender)) {
      const { module, node } = site
      const tree = context.trees[module]!
      const isTag = tree.has(node, Flag.TAGGED)
      // `sql('x')` is a name in one library and a statement in none; `` sql`…` `` is a statement in all.
      if (!isProduct(context.program.modules[module]!) || (sender === 'sql' && !isTag)) continue
      const given = positional(tree, node, 0)
      const kind = tree.kind(given)
      if (given < 0 || (kind !== Kind.String && kind !== Kind.FString && kind !== Kind.BinOp)) continue
      const text = constantText(tree, given)
      statements++
      // On a connection of one's own `begin` and `commit` are how a transaction is written by hand.
      const found = sessionStateIn(text, false, 'open-transaction')
      if (found === undefined || (ONE_WORD.has(found.kind) && !/\S\s+\S/.test(text.trim()))) continue
      detections.push(detection(context, site, found, text))
    }
  }
  return { detections, examined: { count: statements, of: 'SQL statements in code' } }
}

function detection(context: RuleContext, site: Site, found: SessionState, text: string): Detection {
  const pooler = poolerEvidence(context)
  const subject = subjectOf(context, site)
  const head = text.trim().split(/\s+/).slice(0, 3).join(' ').slice(0, 40)
  const body = subject === '<module>' ? 'The file' : `\`${subject}\``
  return {
    place: placeOf(context, site),
    subject,
    evidence: found.kind,
    message: {
      what: `${body} sends \`${head} …\`, which lasts for the session and not for the transaction.`,
      why: `${pooler === undefined ? 'With any connection pool' : `Behind ${pooler.what}`} ${found.consequence}.`,
      do: found.instead,
    },
    // Whether a transaction is open around it is not seen.
    confidence: found.fineInTransaction === true ? 'possible' : 'probable',
  }
}
