// Looks at a migration before it runs: what would lock tables, break the running version of the code, or lose data.
import type { MigrationPhase } from '../files/migration-header.ts'
import { alterTableHazards } from './alter-table.ts'
import type { Finding, Hazard } from './hazard.ts'
import { statementChecks } from './other-statements.ts'
import { parseStatements, type Statement } from './parse-statements.ts'
import { field, kindOf, list, relationName, type SyntaxNode, text } from './syntax-node.ts'

/** What is looked at. */
export interface MigrationText {
  /** For messages, e.g. `content/0002-add-index.sql`. */
  readonly name: string
  readonly sql: string
  /** False when the file begins with "-- footing: no-transaction". */
  readonly transactional: boolean
  /** What the header says. In a contract, what would break running code has its deployment between. */
  readonly phase?: MigrationPhase
}

/** A hazard that a comment in the file allows. */
export interface AllowedHazard {
  readonly hazard: Hazard
  readonly reason: string
}

/** A comment that allows what is not there, or gives no reason. */
export interface UnusedAllowance {
  readonly line: number
  readonly id: string
  readonly fault: 'nothing to allow' | 'no reason given'
}

/** Result for one file. */
export interface MigrationReview {
  readonly hazards: readonly Hazard[]
  readonly allowed: readonly AllowedHazard[]
  readonly unused: readonly UnusedAllowance[]
}

/**
 * Reviews one migration with PostgreSQL's own parser. Tables that the file itself creates have no rows and no users
 * yet, so whatever it does to them is harmless. `-- footing: allow <hazard>: <reason>` in front of a statement allows it.
 * @throws migration-unparsed, migration-parser-missing
 */
export async function lintMigration(migration: MigrationText): Promise<MigrationReview> {
  const statements = await parseStatements(migration.sql, migration.name)
  const created = new Set(statements.flatMap((statement) => createdTable(statement.syntax)))
  const hazards: Hazard[] = []
  const allowed: AllowedHazard[] = []
  const unused: UnusedAllowance[] = []
  for (const statement of statements) {
    const allowances = allowancesOf(statement)
    const used = new Set<string>()
    for (const finding of findingsOf(statement.syntax, migration, statements)) {
      if (created.has(finding.subject) || created.has(finding.subject.replace(/\.[^.]+$/, ''))) continue
      const hazard: Hazard = { ...finding, line: statement.line }
      const reason = allowances.get(finding.id) ?? reasonOfPhase(hazard, migration)
      if (reason === undefined || reason === '') hazards.push(hazard)
      else allowed.push({ hazard, reason })
      used.add(finding.id)
    }
    for (const [id, reason] of allowances) {
      if (reason === '') unused.push({ line: statement.line, id, fault: 'no reason given' })
      else if (!used.has(id)) unused.push({ line: statement.line, id, fault: 'nothing to allow' })
    }
  }
  return { hazards, allowed, unused }
}

// The rows of a dropped table are lost in a contract as well, so only what breaks code is allowed by it.
function reasonOfPhase({ kind }: Hazard, { phase }: MigrationText): string | undefined {
  if (phase?.kind !== 'contract' || kind !== 'breaks-running-code') return undefined
  return `contract after ${phase.after}`
}

function findingsOf(
  syntax: SyntaxNode,
  migration: MigrationText,
  statements: readonly Statement[],
): readonly Finding[] {
  const [kind, content] = kindOf(syntax)
  const own = kind === 'AlterTableStmt' ? alterTableHazards(content) : (statementChecks[kind]?.(content) ?? [])
  return [...own, ...transactionFindings(kind, content, migration, statements)]
}

function transactionFindings(
  kind: string,
  content: SyntaxNode,
  migration: MigrationText,
  statements: readonly Statement[],
): readonly Finding[] {
  const findings: Finding[] = []
  const concurrent = content.concurrent === true && kind !== 'RefreshMatViewStmt'
  if (migration.transactional && concurrent) {
    findings.push({
      id: 'concurrently-in-transaction',
      kind: 'cannot-run',
      subject: text(content, 'idxname') || 'concurrently',
      what: 'CONCURRENTLY stands in a migration that runs in a transaction.',
      why: 'PostgreSQL refuses it there, so the migration fails.',
      remedy: 'Put the statement alone into a file that begins with "-- footing: no-transaction".',
    })
  }
  if (!migration.transactional && statements.length > 1 && statements[0]?.syntax[kind] === content) {
    findings.push({
      id: 'several-statements-without-transaction',
      kind: 'cannot-run',
      subject: migration.name,
      what: `The file runs without a transaction and holds ${statements.length} statements.`,
      why: 'When one of them fails, those before it stay, and PostgreSQL runs several statements sent together in a transaction after all.',
      remedy: 'One statement for each file without a transaction.',
    })
  }
  if (migration.transactional && kind === 'AlterTableStmt') findings.push(...validatingAtOnce(content, statements))
  return findings
}

/** VALIDATE in the transaction that added the constraint: the strong lock of the first is still held during the scan. */
function validatingAtOnce(content: SyntaxNode, statements: readonly Statement[]): readonly Finding[] {
  const table = relationName(field(content, 'relation'))
  const validated = commandsOf(content).filter((command) => text(command, 'subtype') === 'AT_ValidateConstraint')
  const added = statements
    .map((statement) => field(statement.syntax, 'AlterTableStmt'))
    .filter((other) => relationName(field(other, 'relation')) === table)
    .flatMap(commandsOf)
    .map((command) => text(field(field(command, 'def'), 'Constraint'), 'conname'))
  return validated
    .filter((command) => added.includes(text(command, 'name')))
    .map((command) => ({
      id: 'validating-at-once',
      kind: 'locks',
      subject: table,
      lock: 'ACCESS EXCLUSIVE',
      what: `${text(command, 'name')} of ${table} is added and validated in one transaction.`,
      why: 'The lock that adding took is held while every row is looked at, so NOT VALID gained nothing.',
      remedy: 'Validate it in a migration of its own.',
    }))
}

function commandsOf(alterTable: SyntaxNode): readonly SyntaxNode[] {
  return list(alterTable, 'cmds').map((entry) => field(entry, 'AlterTableCmd'))
}

function createdTable(syntax: SyntaxNode): readonly string[] {
  const [kind, content] = kindOf(syntax)
  if (kind === 'CreateStmt') return [relationName(field(content, 'relation'))]
  if (kind === 'CreateTableAsStmt') return [relationName(field(field(content, 'into'), 'rel'))]
  return []
}

function allowancesOf(statement: Statement): ReadonlyMap<string, string> {
  const found = statement.comments.matchAll(/--\s*footing:\s*allow\s+([a-z-]+)[ \t]*:?[ \t]*([^\n]*)/g)
  return new Map(Array.from(found, ([, id = '', reason = '']) => [id, reason.trim()]))
}
