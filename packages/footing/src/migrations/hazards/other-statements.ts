// Hazards of everything but ALTER TABLE: indexes, drops, renames, changes of whole tables, locks, settings.
import { rewrite } from './alter-table.ts'
import type { Finding } from './hazard.ts'
import { hasOption } from './parse-statements.ts'
import { asNode, dottedName, field, list, relationName, type SyntaxNode, text } from './syntax-node.ts'

/** Statement kind → its check; kinds that are not here have no hazard. */
export const statementChecks: Readonly<Record<string, (statement: SyntaxNode) => readonly Finding[]>> = {
  IndexStmt: (statement) => {
    if (statement.concurrent === true) return []
    const table = relationName(field(statement, 'relation'))
    return [
      {
        id: 'blocking-index',
        kind: 'locks',
        subject: table,
        lock: 'SHARE',
        what: `An index of ${table} is built while nobody can write the table.`,
        why: 'On a large table that is minutes in which every insert, update and delete waits, and with it every connection.',
        remedy: 'create index concurrently …, alone in a migration that begins with "-- footing: no-transaction".',
      },
    ]
  },
  DropStmt: (statement) => dropHazards(statement),
  ReindexStmt: (statement) => {
    if (hasOption(statement, 'concurrently')) return []
    const subject = relationName(field(statement, 'relation')) || text(statement, 'name')
    return [
      {
        id: 'blocking-reindex',
        kind: 'locks',
        subject,
        lock: 'SHARE',
        what: `REINDEX of ${subject} keeps everybody from writing, and from reading through the index.`,
        why: 'Queries that would use the index wait until it is built again.',
        remedy: 'reindex … concurrently, alone in a migration that begins with "-- footing: no-transaction".',
      },
    ]
  },
  RenameStmt: (statement) => renameHazards(statement),
  AlterObjectSchemaStmt: (statement) => {
    if (text(statement, 'objectType') !== 'OBJECT_TABLE') return []
    const table = relationName(field(statement, 'relation'))
    return [
      {
        id: 'schema-move',
        kind: 'breaks-running-code',
        subject: table,
        lock: 'ACCESS EXCLUSIVE',
        what: `${table} moves to the schema ${text(statement, 'newschema')}.`,
        why: 'Running code looks for it in the old schema and fails at once.',
        remedy:
          'Leave a view of the old name behind in the same migration, deploy the code that uses the new one, then drop the view.',
      },
    ]
  },
  TruncateStmt: (statement) => {
    const table = list(statement, 'relations')
      .map((entry) => relationName(field(entry, 'RangeVar')))
      .join(', ')
    return [
      {
        id: 'table-truncate',
        kind: 'loses-data',
        subject: table,
        lock: 'ACCESS EXCLUSIVE',
        what: `Every row of ${table} is removed.`,
        why: 'It cannot be undone after the commit, and nobody can read the table meanwhile.',
        remedy: 'If that is meant, write the reason beside an allow comment; else delete what is old in batches.',
      },
    ]
  },
  UpdateStmt: (statement) => wholeTable(statement, 'updated'),
  DeleteStmt: (statement) => wholeTable(statement, 'deleted'),
  VacuumStmt: (statement) => (hasOption(statement, 'full') ? [rewrite(vacuumed(statement), 'VACUUM FULL')] : []),
  ClusterStmt: (statement) => [rewrite(relationName(field(statement, 'relation')), 'CLUSTER')],
  LockStmt: (statement) => {
    const table = list(statement, 'relations')
      .map((entry) => relationName(field(entry, 'RangeVar')))
      .join(', ')
    return [
      {
        id: 'explicit-table-lock',
        kind: 'locks',
        subject: table,
        what: `${table} is locked until the migration ends.`,
        why: 'Everybody who needs the table waits for the slowest statement of this file.',
        remedy: 'Split the change into steps that need no lock of their own.',
      },
    ]
  },
  RefreshMatViewStmt: (statement) => {
    if (statement.concurrent === true || statement.skipData === true) return []
    const view = relationName(field(statement, 'relation'))
    return [
      {
        id: 'blocking-view-refresh',
        kind: 'locks',
        subject: view,
        lock: 'ACCESS EXCLUSIVE',
        what: `The materialized view ${view} is filled while nobody can read it.`,
        why: 'Queries wait as long as the view takes to compute.',
        remedy: 'Give it a unique index and use refresh materialized view concurrently, outside of migrations.',
      },
    ]
  },
  TransactionStmt: (statement) => [
    {
      id: 'transaction-control',
      kind: 'cannot-run',
      subject: text(statement, 'kind').replace('TRANS_STMT_', '').toLowerCase(),
      what: 'The file controls transactions itself.',
      why: 'A migration is applied whole or not at all, together with its entry in the history; a commit in the middle breaks that.',
      remedy:
        'Remove it; split the file, or begin it with "-- footing: no-transaction" when the statement cannot run inside one.',
    },
  ],
  VariableSetStmt: (statement) => {
    if (statement.is_local === true || text(statement, 'kind').startsWith('VAR_RESET')) return []
    return [
      {
        id: 'session-setting',
        kind: 'breaks-running-code',
        subject: text(statement, 'name'),
        what: `${text(statement, 'name')} is set for the whole session.`,
        why: 'It stays on after this migration, so the next one runs under it too, and behind a pooler it reaches strangers.',
        remedy: `Write set local ${text(statement, 'name')} …`,
      },
    ]
  },
}

function dropHazards(statement: SyntaxNode): readonly Finding[] {
  const subject = list(statement, 'objects')
    .map((entry) => dottedName(list(field(entry, 'List'), 'items')))
    .join(', ')
  switch (text(statement, 'removeType')) {
    case 'OBJECT_INDEX':
      if (statement.concurrent === true) return []
      return [
        {
          id: 'blocking-index-drop',
          kind: 'locks',
          subject,
          lock: 'ACCESS EXCLUSIVE',
          what: `The index ${subject} is dropped under a lock on its table.`,
          why: 'It waits for every running query of the table, and everybody who comes later waits behind it.',
          remedy: 'drop index concurrently …, alone in a migration that begins with "-- footing: no-transaction".',
        },
      ]
    case 'OBJECT_TABLE':
    case 'OBJECT_VIEW':
    case 'OBJECT_MATVIEW':
      return [
        {
          id: 'table-drop',
          kind: 'loses-data',
          subject,
          lock: 'ACCESS EXCLUSIVE',
          what: `${subject} is dropped.`,
          why: 'The version that is still running uses it until the last process has been replaced; its rows cannot be brought back.',
          remedy:
            'Stop using it, deploy, rename it for a while if in doubt, and drop it in a later release with the reason beside an allow comment.',
        },
      ]
    default:
      return []
  }
}

function renameHazards(statement: SyntaxNode): readonly Finding[] {
  const table = relationName(field(statement, 'relation'))
  const shared = { kind: 'breaks-running-code', lock: 'ACCESS EXCLUSIVE' } as const
  if (text(statement, 'renameType') === 'OBJECT_COLUMN') {
    const column = `${table}.${text(statement, 'subname')}`
    return [
      {
        ...shared,
        id: 'column-rename',
        subject: column,
        what: `${column} is renamed to ${text(statement, 'newname')}.`,
        why: 'Running code uses the old name and fails from the commit until the last process has been replaced.',
        remedy: `Expand and contract in three migrations: footing migrate new <module> rename-it --recipe rename-column --table ${table} --column ${text(statement, 'subname')} --to ${text(statement, 'newname')} writes them (new column and trigger, batched copy, drop after the deployment).`,
      },
    ]
  }
  if (text(statement, 'renameType') === 'OBJECT_TABLE') {
    return [
      {
        ...shared,
        id: 'table-rename',
        subject: table,
        what: `${table} is renamed to ${text(statement, 'newname')}.`,
        why: 'Running code uses the old name and fails from the commit until the last process has been replaced.',
        remedy: `In the same migration: create view ${table} as select * from ${text(statement, 'newname')}; drop the view in a later release.`,
      },
    ]
  }
  return []
}

function wholeTable(statement: SyntaxNode, verb: 'updated' | 'deleted'): readonly Finding[] {
  if (asNode(statement.whereClause) !== undefined) return []
  const table = relationName(field(statement, 'relation'))
  return [
    {
      id: 'whole-table-change',
      kind: verb === 'deleted' ? 'loses-data' : 'locks',
      subject: table,
      what: `Every row of ${table} is ${verb} in one statement.`,
      why: 'All its rows stay locked until the end, the write-ahead log grows by the whole table, and replicas fall behind.',
      remedy: `Begin the file with "-- footing: backfill ${table}" and join the relation batch in the statement: it then runs in batches, each committed by itself, and goes on where it stopped.`,
    },
  ]
}

function vacuumed(statement: SyntaxNode): string {
  const [first] = list(statement, 'rels')
  return first === undefined ? 'every table' : relationName(field(field(first, 'VacuumRelation'), 'relation'))
}
