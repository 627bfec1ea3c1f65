// data/session-advisory-lock: advisory locks that belong to a session, which a transaction pooler does not keep.

import type { Detection, RelatedPlace } from '../../detection/detection.ts'
import { counted } from '../../detection/words.ts'
import { Kind } from '../../facts/contract.ts'
import type { Confidence } from '../../facts/place.ts'
import type { CallId, FunctionId } from '../../graph/contract.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { opensDirectConnection } from '../../survey/dedicated-connection.ts'
import { poolerEvidence } from '../../survey/deployment.ts'
import { calleeName, isInside, keyword, receiverOf } from '../../survey/expressions.ts'
import { addTo } from '../../survey/grouping.ts'
import { Sql } from '../../survey/sql-text.ts'
import { sqlUse } from '../../survey/sql-use.ts'
import { type Site, surveyOf } from '../../survey/survey.ts'
import { bodyOf, functionSite, isProduct, placeOf } from '../../survey/whereabouts.ts'

interface Lock extends Site {
  readonly confidence: Confidence
  readonly name: string
}

const SQL_FUNCTIONS = 'pg_advisory_lock pg_try_advisory_lock pg_advisory_lock_shared pg_try_advisory_lock_shared'.split(
  ' ',
)
const TRANSACTION_FUNCTIONS = ['pg_advisory_xact_lock', 'pg_try_advisory_xact_lock', 'pg_advisory_xact_lock_shared']
const LIBRARIES: Readonly<Record<string, string>> = {
  django_pglocks: 'django_pglocks.advisory_lock',
  pglock: 'pglock.advisory',
}

export const rule: Rule = {
  id: 'data/session-advisory-lock',
  decision: 'data',
  severity: 'high',
  effort: { minutes: 60, per: 'site' },
  trial: false,
  summary: 'An advisory lock is held by the session, so a transaction pooler loses it or never releases it.',
  judges: { python: judge },
}

function judge(context: RuleContext): RuleResult {
  const locks = sessionLocks(context)
  const byWrapper = new Map<FunctionId, Lock[]>()
  for (const lock of locks) {
    const wrapper = wrapperOf(context, lock)
    addTo(byWrapper, wrapper, lock)
  }
  return {
    detections: [...byWrapper].map(([wrapper, held]) => detection(context, wrapper, held)),
    examined: { count: locks.length + transactionLocks(context), of: 'advisory locks' },
  }
}

function sessionLocks(context: RuleContext): Lock[] {
  const survey = surveyOf(context)
  const locks: Lock[] = []
  const product = (site: Site) => isProduct(context.program.modules[site.module]!)
  for (const text of survey.sql) {
    if ((text.classes & Sql.SessionLock) === 0 || !product(text)) continue
    const use = sqlUse(context, text.module, text.node)
    const name = /pg_(?:try_)?advisory_lock\w*/i.exec(context.trees[text.module]!.text(text.node))![0]
    if (use !== undefined) locks.push({ module: text.module, node: use.call, confidence: use.confidence, name })
    else if ((text.classes & Sql.Statement) !== 0) locks.push({ ...text, confidence: 'possible', name })
  }
  for (const name of SQL_FUNCTIONS) {
    for (const site of survey.callsNamed(name)) {
      const tree = context.trees[site.module]!
      const receiver = receiverOf(tree, site.node)
      if (receiver < 0 || !product(site)) continue
      const resolved = context.program.nameOf(site.module, receiver)
      if (resolved.startsWith('sqlalchemy.')) locks.push({ ...site, confidence: 'definite', name: `func.${name}` })
      else if (tree.dotted(receiver).split('.').at(-1) === 'func')
        locks.push({ ...site, confidence: 'probable', name: `func.${name}` })
    }
  }
  return [...locks, ...libraryLocks(context)].sort((a, b) => a.module - b.module || a.node - b.node)
}

function libraryLocks(context: RuleContext): Lock[] {
  const locks: Lock[] = []
  for (const module of context.program.modules) {
    if (!isProduct(module)) continue
    const externals = context.program.imports.externalsOf(module.id)
    const expected = Object.keys(LIBRARIES).filter((library) => externals.has(library))
    if (expected.length === 0) continue
    const tree = context.trees[module.id]!
    for (let node = 1; node < tree.size; node++) {
      if (tree.kind(node) !== Kind.Call) continue
      const name = context.program.nameOf(module.id, node + 1)
      if (!expected.some((library) => LIBRARIES[library] === name)) continue
      const xact = keyword(tree, node, 'xact')
      if (xact >= 0 && tree.kind(xact) !== Kind.False) continue
      locks.push({ module: module.id, node, confidence: 'definite', name })
    }
  }
  return locks
}

function transactionLocks(context: RuleContext): number {
  const survey = surveyOf(context)
  const product = (site: Site) => isProduct(context.program.modules[site.module]!)
  const texts = survey.sql.filter((text) => (text.classes & Sql.TransactionLock) !== 0 && product(text)).length
  return texts + TRANSACTION_FUNCTIONS.flatMap((name) => survey.callsNamed(name)).filter(product).length
}

/** The function that takes the lock, or the class whose methods take and release it. */
function wrapperOf(context: RuleContext, lock: Lock): FunctionId {
  const body = bodyOf(context, lock)
  const { owner, name } = context.program.functionInfo(body)
  return owner >= 0 && /\b(?:__enter__|__aenter__|acquire|lock|_?try_lock)$/.test(name) ? owner : body
}

function detection(context: RuleContext, wrapper: FunctionId, held: readonly Lock[]): Detection {
  const { program } = context
  const info = program.functionInfo(wrapper)
  const lock = held[0]!
  const callers = info.kind === 'module' ? [] : callersOf(context, wrapper)
  const tree = context.trees[lock.module]!
  const around = tree.enclosingFunction(lock.node)
  const isDirect = opensDirectConnection(tree, around < 0 ? 0 : around)
  const sites: Site[] = [
    ...held,
    ...callers.map((call) => ({ module: program.callInfo(call).module, node: program.callNode(call) })),
  ]
  const opensFirst = sites.find((site) => opensTransactionInside(context, site))
  const pooler = poolerEvidence(context)
  const behind = pooler === undefined ? 'Behind PgBouncer in transaction mode' : `Behind ${pooler.what}`
  const fanOut =
    callers.length > 0
      ? ` ${counted(callers.length, 'call')} ${callers.length === 1 ? 'depends' : 'depend'} on it.`
      : ''
  const related: RelatedPlace[] = callers.slice(0, 5).map((call) => {
    const at = program.callInfo(call)
    return { path: program.modules[at.module]!.path, line: at.line, label: `calls ${info.name}` }
  })
  const transaction =
    opensFirst === undefined
      ? ''
      : ' Here the lock opens before the transaction, so the lock and the work already run on different connections.'
  return {
    place: placeOf(context, lock),
    subject: info.name,
    evidence: lock.name,
    message: {
      what: `\`${info.name}\` takes \`${lock.name}\`, a lock that lives as long as the database session.`,
      why: `${behind} the next statement may run in another session: two holders at once, or a lock nobody can release.${transaction}${fanOut}`,
      do: isDirect
        ? 'Keep this connection on its direct address and out of every pooled setting, or take `pg_advisory_xact_lock` inside a transaction.'
        : 'Take `pg_advisory_xact_lock` inside the transaction that does the work; for longer work use a row with a lease and a deadline.',
    },
    confidence: held.some((item) => item.confidence === 'definite') ? 'definite' : lock.confidence,
    severity: isDirect ? 'medium' : opensFirst === undefined ? 'high' : 'critical',
    related,
    ...(info.kind === 'module'
      ? {}
      : { fanOut: program.reach.routes(wrapper), fixSite: functionSite(context, wrapper) }),
  }
}

/** Calls of a function; of a class, those that make one. */
function callersOf({ program, trees }: RuleContext, wrapper: FunctionId): readonly CallId[] {
  const { kind, module, name } = program.functionInfo(wrapper)
  const direct = program.callersOf(wrapper)
  if (kind !== 'class' || direct.length > 0) return direct
  const tree = trees[module]!
  for (let node = 1; node < tree.size; node++) {
    if (tree.kind(node) !== Kind.FunctionDef || tree.text(node) !== '__init__') continue
    const method = program.functionAt(module, node)
    if (program.functionInfo(method).name === `${name}.__init__`) return program.callersOf(method)
  }
  return direct
}

/** Whether the site is the subject of a `with` whose body opens a transaction. */
function opensTransactionInside(context: RuleContext, { module, node }: Site): boolean {
  const tree = context.trees[module]!
  const item = tree.ancestor(node, Kind.WithItem)
  if (item < 0 || !isInside(tree, node, item + 1)) return false
  const body = tree.childOf(tree.parent(item), Kind.Body)
  for (let at = body; at < tree.end(body); at++) {
    if (tree.kind(at) !== Kind.Call) continue
    const name = calleeName(tree, at)
    if (name !== 'atomic' && name !== 'begin') continue
    const resolved = context.program.nameOf(module, at + 1)
    if (resolved === 'django.db.transaction.atomic' || name === 'begin') return true
  }
  return false
}
