// session-state in Python: settings, temporary tables and held cursors that outlive their transaction and leak through a pooler.

import type { Detection } from '../../detection/detection.ts'
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { FunctionId } from '../../graph/contract.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { opensDirectConnection } from '../../survey/dedicated-connection.ts'
import { poolerEvidence } from '../../survey/deployment.ts'
import { addTo } from '../../survey/grouping.ts'
import { Sql } from '../../survey/sql-text.ts'
import { type SqlUse, sqlUse } from '../../survey/sql-use.ts'
import { type SqlText, surveyOf } from '../../survey/survey.ts'
import { bodyOf, functionSite, isProduct, placeOf, usesOnlyOtherEngine } from '../../survey/whereabouts.ts'

interface Use {
  readonly text: SqlText
  readonly use: SqlUse
  readonly evidence: string
}

const SESSION = Sql.SessionSet | Sql.TemporaryTable | Sql.HeldCursor

/** Judges a Python program. */
export function python(context: RuleContext): RuleResult {
  const { program } = context
  const byBody = new Map<FunctionId, Use[]>()
  let statements = 0
  for (const text of surveyOf(context).sql) {
    if (!isProduct(program.modules[text.module]!)) continue
    if ((text.classes & Sql.Statement) !== 0) statements++
    if ((text.classes & SESSION) === 0) continue
    const use = sqlUse(context, text.module, text.node)
    if (use === undefined || usesOnlyOtherEngine(context, text.module)) continue
    if (isTakenBack(context, text)) continue
    const body = bodyOf(context, text)
    addTo(byBody, body, { text, use, evidence: evidence(context, text) })
  }
  const detections = [...byBody].map(([body, uses]) => detection(context, body, uses))
  return { detections, examined: { count: statements + detections.length, of: 'SQL statements in code' } }
}

/** The function drops the table itself, or sets the parameter back in a `finally`. */
function isTakenBack({ trees }: RuleContext, { module, node, classes }: SqlText): boolean {
  const tree = trees[module]!
  const fn = tree.enclosingFunction(node)
  if (fn < 0) return false
  const text = tree.text(node)
  const table = /\btemp(?:orary)?\s+table\s+(?:if\s+not\s+exists\s+)?["\w.]*?(\w+)"?(?:\s|\(|$)/i.exec(text)?.[1]
  const setting = /\bset\s+(?:session\s+)?(role|["\w.]+)/i.exec(text)?.[1]
  const undone =
    (classes & Sql.TemporaryTable) !== 0 && table !== undefined
      ? new RegExp(`\\bdrop\\s+table\\b[^;]*\\b${table}\\b`, 'i')
      : (classes & Sql.SessionSet) !== 0 && setting !== undefined
        ? new RegExp(`\\b(?:re)?set\\b[^;]*\\b${setting.replaceAll('.', '\\.').replaceAll('"', '')}\\b`, 'i')
        : undefined
  if (undone === undefined) return false
  const isTable = (classes & Sql.TemporaryTable) !== 0
  // What a `finally` sets is what was there before.
  if (!isTable && isRunInFinally(tree, node, fn)) return true
  for (let at = fn; at < tree.end(fn); at++) {
    if (at === node || tree.kind(at) !== Kind.String || tree.value(at) < 0 || !undone.test(tree.text(at))) continue
    if (isTable ? at > node : isRunInFinally(tree, at, fn)) return true
  }
  return false
}

/** The text stands in a `finally`, or is given a name that is used in one. */
function isRunInFinally(tree: SyntaxTree, text: number, fn: number): boolean {
  if (tree.ancestor(text, Kind.Finally) > fn) return true
  const statement = tree.statement(text)
  if (tree.kind(statement) !== Kind.Assign || tree.kind(statement + 1) !== Kind.Name) return false
  const name = tree.name(statement + 1)
  for (let at = statement; at < tree.end(fn); at++) {
    if (tree.kind(at) === Kind.Name && tree.name(at) === name && tree.ancestor(at, Kind.Finally) > fn) return true
  }
  return false
}

/** The statement's head, without values: `SET search_path`, `CREATE TEMPORARY TABLE`. */
function evidence({ trees }: RuleContext, { module, node, classes }: SqlText): string {
  const text = trees[module]!.text(node)
  if ((classes & Sql.TemporaryTable) !== 0) return 'CREATE TEMPORARY TABLE'
  if ((classes & Sql.HeldCursor) !== 0) return 'CURSOR WITH HOLD'
  const set = /\bset\s+(?:session\s+)?(role|session\s+authorization|time\s+zone|["\w.]+)/i.exec(text)
  return set === null ? 'set_config(…, false)' : `SET ${set[1]}`
}

function detection(context: RuleContext, body: FunctionId, uses: readonly Use[]): Detection {
  const info = context.program.functionInfo(body)
  const first = uses[0]!
  const tree = context.trees[first.text.module]!
  const around = tree.enclosingFunction(first.text.node)
  const isDirect = around >= 0 && opensDirectConnection(tree, around)
  const pooler = poolerEvidence(context)
  const isSet = first.evidence.startsWith('SET') || first.evidence.startsWith('set')
  const leaks = isSet
    ? 'the next request that is given this connection runs with the setting'
    : 'it stays with a server connection that others are given'
  return {
    place: placeOf(context, { module: first.use.module, node: first.use.call }),
    subject: info.name,
    evidence: first.evidence,
    message: {
      what: `\`${info.name}\` runs \`${first.evidence}\`, which lasts for the session and not for the transaction.`,
      why: `${pooler === undefined ? 'With any connection pool' : `Behind ${pooler.what}`} ${leaks}, and an exception on the way leaves it behind.`,
      do: isSet
        ? 'Use `SET LOCAL` or `set_config(name, value, true)` inside a transaction, or set it on the role or the connection string.'
        : 'Create it inside a transaction with `ON COMMIT DROP` (a cursor without `WITH HOLD`), or use a real table with a key for the run.',
    },
    confidence: uses.some(({ use }) => use.confidence === 'definite') ? 'definite' : 'probable',
    severity: isDirect ? 'low' : 'medium',
    related: uses
      .slice(1, 6)
      .map(({ use, evidence: label }) => ({ ...placeOf(context, { module: use.module, node: use.call }), label })),
    ...(info.kind === 'module' ? {} : { fixSite: functionSite(context, body) }),
  }
}
