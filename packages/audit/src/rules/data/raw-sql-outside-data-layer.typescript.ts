// raw-sql-outside-data-layer in TypeScript: SQL text in controllers, resolvers, routes and workers.

import type { Detection } from '../../detection/detection.ts'
import { counted } from '../../detection/words.ts'
import { Flag, Kind } from '../../facts/contract.ts'
import type { Confidence } from '../../facts/place.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { EntryKind, FunctionId, ModuleId } from '../../graph/contract.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { constantText, positional } from '../../survey/expressions.ts'
import { addTo } from '../../survey/grouping.ts'
import { serverModules } from '../../survey/server-code.ts'
import { classifyText, Sql } from '../../survey/sql-text.ts'
import { type Site, surveyOf } from '../../survey/survey.ts'
import { bodyOf, functionSite, placeOf, subjectOf } from '../../survey/whereabouts.ts'
import { enteredModules } from './entered-modules.ts'

/** Methods and tags that send their first argument to a database. */
const SENDERS = 'query execute raw unsafe $queryRaw $executeRaw $queryRawUnsafe $executeRawUnsafe sql'.split(' ')
const DRIVERS =
  /^(?:pg|postgres|mysql2?|knex|typeorm|sequelize|@prisma\/client|kysely|drizzle-orm|slonik|better-sqlite3|@mikro-orm)\b/
/** Words of a path, nearest first, that say which layer a file is of. */
const PRESENTATION =
  /^(?:controllers?|resolvers?|routes?|routers?|handlers?|gateways?|endpoints?|middlewares?|views?|pages|api|rest|graphql|processors?|consumers?|workers?|jobs|trpc)$/
const DATA_LAYER =
  /^(?:repositor(?:y|ies)|repos?|dal|daos?|data|db|database|databases|quer(?:y|ies)|sql|models?|entit(?:y|ies)|stores?|storage|persistence|drizzle|prisma|kysely|knex|typeorm|orm|migrations?|adapters?|drivers?|schema|reports?|analytics|search|services?|health)$/
const ENTRIES: readonly EntryKind[] = ['route', 'websocket', 'task']
/** A SELECT of the server's own values: no table, so nothing to own it. */
const NO_TABLE = /^\s*select\s(?!.*\b(?:from|into)\b)[^{}]*$/is

interface Statement extends Site {
  readonly text: string
  readonly isBuilt: boolean
  readonly confidence: Confidence
}

/** Bodies of the presentation layer that hold SQL. */
export function typescript(context: RuleContext): RuleResult {
  const byBody = new Map<FunctionId, Statement[]>()
  const entered = enteredModules(context)
  let examined = 0
  for (const statement of statements(context)) {
    examined++
    if (isOutside(context, statement, entered)) addTo(byBody, bodyOf(context, statement), statement)
  }
  return {
    detections: [...byBody].map(([body, items]) => detection(context, body, items)),
    examined: { count: examined, of: 'SQL statements in code' },
  }
}

function statements(context: RuleContext): Statement[] {
  const { program, trees } = context
  const server = serverModules(context)
  const found: Statement[] = []
  for (const sender of SENDERS) {
    for (const site of surveyOf(context).callsNamed(sender)) {
      if (!server.has(site.module)) continue
      const tree = trees[site.module]!
      const isTag = tree.has(site.node, Flag.TAGGED)
      if (sender === 'sql' && !isTag) continue
      const given = positional(tree, site.node, 0)
      const kind = given < 0 ? -1 : tree.kind(given)
      if (kind !== Kind.String && kind !== Kind.FString && kind !== Kind.BinOp) continue
      const text = constantText(tree, given)
      if ((classifyText(text) & Sql.Statement) === 0 || NO_TABLE.test(text)) continue
      const isKnown = isDriver(program.nameOf(site.module, site.node + 1)) || isDriver(receiver(context, site, tree))
      found.push({
        ...site,
        text,
        isBuilt: !isTag && (kind === Kind.BinOp || tree.childOf(given, Kind.Interpolation) >= 0),
        confidence: isKnown ? 'definite' : 'probable',
      })
    }
  }
  return found.sort((a, b) => a.module - b.module || a.node - b.node)
}

const isDriver = (name: string): boolean => DRIVERS.test(name)

function receiver({ program }: RuleContext, { module, node }: Site, tree: SyntaxTree): string {
  if (tree.kind(node + 1) !== Kind.Attribute) return ''
  return program.instanceOf(module, node + 2).find(isDriver) ?? ''
}

/** The telling word of a file's path: `orders.controller.ts` says it before its folder does. */
function layerOf(
  path: string,
): { readonly word: string; readonly isOutside: boolean; readonly isOfFile: boolean } | undefined {
  const [file = '', ...folders] = path
    .replace(/\.[cm]?[jt]s$/, '')
    .split('/')
    .reverse()
  const own = file.split(/[.\-_]/).reverse()
  const words = [...own, ...folders.flatMap((folder) => folder.split(/[-_]/).reverse())]
  for (const [index, word] of words.map((one) => one.toLowerCase()).entries()) {
    const isOfFile = index < own.length
    if (DATA_LAYER.test(word)) return { word, isOutside: false, isOfFile }
    if (PRESENTATION.test(word)) return { word, isOutside: true, isOfFile }
  }
  return undefined
}

/**
 * The nearest telling word decides. A folder's name is believed of a file only where something is entered; without a
 * telling word the function has to be a route or a job itself.
 */
function isOutside(context: RuleContext, site: Site, entered: ReadonlySet<ModuleId>): boolean {
  const { program } = context
  const layer = layerOf(program.modules[site.module]!.path)
  if (layer !== undefined) return layer.isOutside && (layer.isOfFile || entered.has(site.module))
  const body = bodyOf(context, site)
  return program.reach.entriesOf(body, ENTRIES, 1)[0]?.function === body
}

function detection(context: RuleContext, body: FunctionId, items: readonly Statement[]): Detection {
  const { program } = context
  const first = items[0]!
  const info = program.functionInfo(body)
  const verb = first.text.trim().split(/\s+/)[0]!.toUpperCase()
  const built = items.some((item) => item.isBuilt)
  const layer = layerOf(program.modules[first.module]!.path)
  const subject = subjectOf(context, first)
  return {
    place: placeOf(context, first),
    subject,
    evidence: `${verb} in text`,
    message: {
      what: `${subject === '<module>' ? 'The file' : `\`${subject}\``} sends a raw ${verb}${items.length > 1 ? ` (${counted(items.length, 'statement')})` : ''} in ${layer === undefined ? 'a route or job' : `the \`${layer.word}\` layer`}.`,
      why: built
        ? 'The text is built from pieces, so quoting is up to this code, and a renamed column breaks it without a type error.'
        : 'A renamed column breaks it without a type error, and nobody who changes the table looks for it here.',
      do: 'Move it into a method of the repository that owns the table, with bound parameters.',
    },
    confidence: first.confidence,
    severity: built ? 'medium' : 'low',
    related: items.slice(1, 6).map((item) => ({ ...placeOf(context, item), label: 'another statement' })),
    ...(info.kind === 'module' ? {} : { fixSite: functionSite(context, body) }),
  }
}
