// raw-sql-outside-data-layer in Python: SQL text in views, serializers and tasks, where nobody looks for it when a table changes.

import type { Detection } from '../../detection/detection.ts'
import { counted } from '../../detection/words.ts'
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { EntryKind, FunctionId, ModuleId } from '../../graph/contract.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { calleeName, positional, receiverOf } from '../../survey/expressions.ts'
import { addTo } from '../../survey/grouping.ts'
import { Sql } from '../../survey/sql-text.ts'
import { type SqlUse, sqlUse } from '../../survey/sql-use.ts'
import { type Site, surveyOf } from '../../survey/survey.ts'
import { bodyOf, functionSite, placeOf } from '../../survey/whereabouts.ts'
import { enteredModules } from './entered-modules.ts'

/** Judges a Python program. */
export function python(context: RuleContext): RuleResult {
  const byBody = new Map<FunctionId, Statement[]>()
  const entered = enteredModules(context)
  let examined = 0
  for (const statement of statements(context)) {
    examined++
    if (!isOutside(context, statement, entered)) continue
    const body = bodyOf(context, statement)
    addTo(byBody, body, statement)
  }
  return {
    detections: [...byBody].map(([body, items]) => detection(context, body, items)),
    examined: { count: examined, of: 'SQL statements in code' },
  }
}

interface Statement extends Site {
  readonly use: Pick<SqlUse, 'confidence' | 'method' | 'external' | 'call'>
  readonly text: string
  readonly isBuilt: boolean
}

/** A SELECT of the server's own values (`version()`, `now()`, `pg_database_size(…)`): no table, so nothing to own it. */
const NO_TABLE = /^\s*select\s(?!.*\b(?:from|into)\b)[^{}]*$/is

function statements(context: RuleContext): Statement[] {
  const found: Statement[] = []
  const taken = new Set<string>()
  const survey = surveyOf(context)
  for (const item of survey.sql) {
    if ((item.classes & Sql.Statement) === 0 || context.program.modules[item.module]!.role !== 'code') continue
    const tree = context.trees[item.module]!
    const text = tree.text(item.node)
    if (NO_TABLE.test(text)) continue
    const use = sqlUse(context, item.module, item.node)
    if (use === undefined || taken.has(`${item.module} ${use.call}`)) continue
    taken.add(`${item.module} ${use.call}`)
    found.push({ module: item.module, node: item.node, use, text, isBuilt: isBuilt(tree, item.node) })
  }
  // Django's .extra(…) holds pieces of SQL that are no statements.
  for (const site of survey.callsNamed('extra')) {
    const tree = context.trees[site.module]!
    if (
      context.program.modules[site.module]!.role !== 'code' ||
      receiverOf(tree, site.node) < 0 ||
      positional(tree, site.node, 0) >= 0
    )
      continue
    const target = context.program
      .targetsOf(context.program.callAt(site.module, site.node))
      .find((item) => item.external.endsWith('QuerySet.extra'))
    if (target === undefined || target.confidence === 'possible') continue
    found.push({
      ...site,
      use: { confidence: target.confidence, method: 'extra', external: target.external, call: site.node },
      text: '',
      isBuilt: false,
    })
  }
  return found
}

/** Values are put into the text itself: an f-string, `%`, `.format` or a sum with something that is no constant. */
function isBuilt(tree: SyntaxTree, text: number): boolean {
  for (let at = tree.parent(text), from = text; at >= 0; from = at, at = tree.parent(at)) {
    const kind = tree.kind(at)
    if (kind === Kind.FString) {
      if (tree.childOf(at, Kind.Interpolation) >= 0) return true
    } else if (kind === Kind.BinOp) {
      if (tree.lastChild(at) !== from && tree.kind(tree.lastChild(at)) !== Kind.String) return true
    } else if (kind === Kind.Attribute) {
      if (tree.text(at) === 'format' && tree.kind(tree.parent(at)) === Kind.Call) return true
    } else if (kind !== Kind.Call || calleeName(tree, at) === 'execute') return false
  }
  return false
}

const PRESENTATION =
  /^(?:views?|viewsets?|.*_views?|serializers?|api|apis|api_.*|routers?|routes?|endpoints?|controllers?|handlers?|resources?|rest|graphql|schema|resolvers?|mutations?|tasks?|bgtasks|jobs|forms|blueprints?|pages|celery_tasks|consumers|.*_tasks?|.*_routes?|.*_api)$/
const DATA_LAYER =
  /^(?:models?|.*_models?|managers?|querysets?|repositor(?:y|ies)|.*_repository|quer(?:y|ies)|.*_quer(?:y|ies)|db|dal|dao|crud|sql|databases?|storage|storages|stores?|adapters?|persistence|data|data_layer|orm|migrations?|alembic|backends?|engines?|reports?|analytics|query_runner|management|commands)$/
const ENTRIES: readonly EntryKind[] = ['route', 'websocket', 'task']

/**
 * The nearest telling segment of the path decides. A folder's name is believed of a file only where something is entered;
 * without a telling name the function has to be a route or task itself.
 */
function isOutside(context: RuleContext, site: Site, entered: ReadonlySet<ModuleId>): boolean {
  const segments = context.program.modules[site.module]!.path.replace(/\.py$/, '').split('/').reverse()
  for (const [index, segment] of segments.entries()) {
    if (DATA_LAYER.test(segment)) return false
    if (PRESENTATION.test(segment)) return index === 0 || entered.has(site.module)
  }
  const body = bodyOf(context, site)
  return context.program.reach.entriesOf(body, ENTRIES, 1)[0]?.function === body
}

function detection(context: RuleContext, body: FunctionId, items: readonly Statement[]): Detection {
  const { program } = context
  const info = program.functionInfo(body)
  const first = items[0]!
  const place = placeOf(context, { module: first.module, node: first.node })
  const execution = placeOf(context, { module: first.module, node: first.use.call })
  const verb = first.text.trim().split(/\s+/)[0]?.toUpperCase() ?? 'SQL'
  const built = items.some((item) => item.isBuilt)
  const more = items.length > 1 ? ` (${counted(items.length, 'statement')})` : ''
  return {
    place: execution,
    subject: info.name,
    evidence: first.use.method === 'extra' ? 'extra' : `${verb} ${first.use.method}`,
    message: {
      what: `\`${info.name}\` executes ${first.use.method === 'extra' ? 'pieces of SQL through `.extra()`' : `a raw ${verb}`}${more} in ${layerOf(context, first)}.`,
      why: built
        ? 'The text is built from pieces, so quoting is up to this code; a renamed column breaks it without a type error, and routers and soft-delete filters of the models do not apply.'
        : 'A renamed column breaks it without a type error, and routers and soft-delete filters of the models do not apply to it.',
      do: 'Move it into a method of the model, manager or repository that owns the table, with bound parameters.',
    },
    confidence: first.use.confidence,
    severity: built ? 'medium' : 'low',
    related: [
      ...(execution.line === place.line ? [] : [{ ...place, label: 'the statement' }]),
      ...items.slice(1, 6).map((item) => ({ ...placeOf(context, item), label: 'another statement' })),
    ],
    ...(info.kind === 'module' ? {} : { fixSite: functionSite(context, body) }),
  }
}

function layerOf({ program }: RuleContext, site: Site): string {
  const segments = program.modules[site.module]!.path.replace(/\.py$/, '').split('/').reverse()
  const layer = segments.find((segment) => PRESENTATION.test(segment))
  return layer === undefined ? 'a route or task' : `the \`${layer}\` layer`
}
