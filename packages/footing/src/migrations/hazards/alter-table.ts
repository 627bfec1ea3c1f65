// Hazards of ALTER TABLE: what takes the table away from everybody, and what the running version of the code trips over.
import type { Finding } from './hazard.ts'
import {
  asNode,
  dottedName,
  field,
  kindOf,
  list,
  nodesOfKind,
  relationName,
  type SyntaxNode,
  text,
} from './syntax-node.ts'

/** Hazards of one ALTER TABLE statement. */
export function alterTableHazards(statement: SyntaxNode): readonly Finding[] {
  if (text(statement, 'objtype') !== 'OBJECT_TABLE') return []
  const table = relationName(field(statement, 'relation'))
  return list(statement, 'cmds').flatMap((entry) => {
    const command = field(entry, 'AlterTableCmd')
    const check = checks[text(command, 'subtype')]
    return check === undefined ? [] : check(table, command)
  })
}

type Check = (table: string, command: SyntaxNode) => readonly Finding[]

const checks: Readonly<Record<string, Check>> = {
  AT_AddColumn: (table, command) => addColumn(table, field(field(command, 'def'), 'ColumnDef')),
  AT_AddConstraint: (table, command) => addConstraint(table, field(field(command, 'def'), 'Constraint')),
  AT_AlterColumnType: (table, command) => [
    {
      id: 'column-type-change',
      kind: 'locks',
      subject: `${table}.${text(command, 'name')}`,
      lock: 'ACCESS EXCLUSIVE',
      what: `The type of ${table}.${text(command, 'name')} is changed in place.`,
      why: 'PostgreSQL rewrites the table and its indexes while nobody can read or write it (a longer varchar or text is the exception), and running code may not understand the new type.',
      remedy: `Expand and contract in three migrations: footing migrate new <module> change-type --recipe type-change --table ${table} --column ${text(command, 'name')} writes them (new column and trigger, batched copy, drop after the deployment).`,
    },
  ],
  AT_SetNotNull: (table, command) => [
    {
      id: 'scanning-not-null',
      kind: 'locks',
      subject: `${table}.${text(command, 'name')}`,
      lock: 'ACCESS EXCLUSIVE',
      what: `${table}.${text(command, 'name')} becomes NOT NULL with a scan of the whole table.`,
      why: 'Nobody can read or write the table until every row has been looked at.',
      remedy: `First: alter table ${table} add constraint ${text(command, 'name')}_present check (${text(command, 'name')} is not null) not valid. In the next migration validate it. Then SET NOT NULL needs no scan, and the check can go. footing migrate new <module> what-it-does --recipe not-null --table ${table} --column ${text(command, 'name')} writes the three.`,
    },
  ],
  AT_DropColumn: (table, command) => [
    {
      id: 'column-drop',
      kind: 'breaks-running-code',
      subject: `${table}.${text(command, 'name')}`,
      lock: 'ACCESS EXCLUSIVE',
      what: `${table}.${text(command, 'name')} is dropped.`,
      why: 'The version that is still running selects or inserts this column until the last process has been replaced, and its data cannot be brought back.',
      remedy:
        'Contract in a release of its own: stop reading and writing the column, deploy, and drop it in a migration that begins with "-- footing: phase contract after <number>", which production runs in a later run than that number; or write the reason beside an allow comment.',
    },
  ],
  AT_SetLogged: (table) => [rewrite(table, 'SET LOGGED')],
  AT_SetUnLogged: (table) => [rewrite(table, 'SET UNLOGGED')],
  AT_SetTableSpace: (table) => [rewrite(table, 'SET TABLESPACE')],
  AT_SetAccessMethod: (table) => [rewrite(table, 'SET ACCESS METHOD')],
}

/** A statement that writes the whole table anew under the strongest lock. */
export function rewrite(table: string, statement: string): Finding {
  return {
    id: 'table-rewrite',
    kind: 'locks',
    subject: table,
    lock: 'ACCESS EXCLUSIVE',
    what: `${statement} writes ${table} anew.`,
    why: 'Nobody can read or write the table until it is done, and it needs room for a second copy.',
    remedy: 'Do it in a maintenance window, or copy into a new table in batches and switch over.',
  }
}

function addColumn(table: string, column: SyntaxNode): readonly Finding[] {
  const name = text(column, 'colname')
  const constraints = list(column, 'constraints').map((entry) => field(entry, 'Constraint'))
  const of = (type: string) => constraints.find((constraint) => text(constraint, 'contype') === type)
  const fallback = of('CONSTR_DEFAULT')
  const findings: Finding[] = []
  if (
    of('CONSTR_NOTNULL') !== undefined &&
    fallback === undefined &&
    of('CONSTR_GENERATED') === undefined &&
    of('CONSTR_IDENTITY') === undefined
  ) {
    findings.push({
      id: 'not-null-without-default',
      kind: 'cannot-run',
      subject: `${table}.${name}`,
      lock: 'ACCESS EXCLUSIVE',
      what: `${table}.${name} is added as NOT NULL without a default.`,
      why: 'It fails as soon as the table has a row, and code that is still running inserts rows without it.',
      remedy:
        'Give it a constant default (no rewrite since PostgreSQL 11), or add it nullable, fill it in batches (-- footing: backfill) and make it NOT NULL later.',
    })
  }
  const volatile = fallback === undefined ? undefined : volatileCall(fallback)
  if (volatile !== undefined || isSerial(column)) {
    findings.push({
      id: 'rewriting-default',
      kind: 'locks',
      subject: `${table}.${name}`,
      lock: 'ACCESS EXCLUSIVE',
      what: `${table}.${name} is added with ${volatile === undefined ? 'a sequence' : `the default ${volatile}()`}, which differs from row to row.`,
      why: 'PostgreSQL writes the whole table anew while nobody can read or write it.',
      remedy:
        'Add the column without a default, then set the default for new rows (alter column … set default), then fill the old rows in batches (-- footing: backfill).',
    })
  }
  const generated = of('CONSTR_GENERATED')
  if (generated !== undefined && text(generated, 'generated_kind') !== 'v') {
    findings.push({
      id: 'stored-generated-column',
      kind: 'locks',
      subject: `${table}.${name}`,
      lock: 'ACCESS EXCLUSIVE',
      what: `${table}.${name} is a stored generated column.`,
      why: 'Adding it writes the whole table anew while nobody can read or write it.',
      remedy:
        'Add a plain column, fill it by a trigger for new rows and in batches (-- footing: backfill) for old ones; or use a virtual generated column (PostgreSQL 18).',
    })
  }
  for (const constraint of constraints) {
    const type = text(constraint, 'contype')
    if (type === 'CONSTR_FOREIGN' && fallback !== undefined) findings.push(...addConstraint(table, constraint))
    if (type === 'CONSTR_UNIQUE' || type === 'CONSTR_PRIMARY') findings.push(...addConstraint(table, constraint))
  }
  return findings
}

function addConstraint(table: string, constraint: SyntaxNode): readonly Finding[] {
  const name = text(constraint, 'conname') || 'the constraint'
  const validates = constraint.skip_validation !== true
  switch (text(constraint, 'contype')) {
    case 'CONSTR_FOREIGN':
      if (!validates) return []
      return [
        {
          id: 'validating-foreign-key',
          kind: 'locks',
          subject: table,
          lock: 'SHARE ROW EXCLUSIVE',
          what: `A foreign key of ${table} to ${relationName(field(constraint, 'pktable'))} is added and checked at once.`,
          why: 'Neither table can be written until every row of the one has been looked up in the other.',
          remedy:
            'Add it NOT VALID, and validate it in the next migration: alter table … validate constraint … lets reads and writes go on.',
        },
      ]
    case 'CONSTR_CHECK':
      if (!validates) return []
      return [
        {
          id: 'validating-check',
          kind: 'locks',
          subject: table,
          lock: 'ACCESS EXCLUSIVE',
          what: `${name} of ${table} is added and checked at once.`,
          why: 'Nobody can read or write the table until every row has been looked at.',
          remedy:
            'Add it NOT VALID, and validate it in the next migration: alter table … validate constraint … lets reads and writes go on.',
        },
      ]
    case 'CONSTR_UNIQUE':
    case 'CONSTR_PRIMARY':
    case 'CONSTR_EXCLUSION':
      if (text(constraint, 'indexname') !== '') return []
      return [
        {
          id: 'index-building-constraint',
          kind: 'locks',
          subject: table,
          lock: 'ACCESS EXCLUSIVE',
          what: `A unique or primary key constraint of ${table} builds its index.`,
          why: 'Nobody can read or write the table until the index is built.',
          remedy:
            'Build it first: create unique index concurrently …, in a migration without transaction; then alter table … add constraint … unique using index …',
        },
      ]
    default:
      return []
  }
}

// Functions that answer differently for each row. now() is one value for the whole statement and so needs no rewrite.
const volatileFunctions = new Set([
  'gen_random_uuid',
  'uuidv4',
  'uuidv7',
  'uuid_generate_v1',
  'uuid_generate_v4',
  'random',
  'nextval',
  'clock_timestamp',
  'timeofday',
])

function volatileCall(constraint: SyntaxNode): string | undefined {
  for (const call of nodesOfKind(constraint.raw_expr, 'FuncCall')) {
    const name = dottedName(list(call, 'funcname')).split('.').at(-1) ?? ''
    if (volatileFunctions.has(name)) return name
  }
  return undefined
}

function isSerial(column: SyntaxNode): boolean {
  const type = dottedName(list(field(column, 'typeName'), 'names'))
  const identity = list(column, 'constraints').some(
    (entry) => text(asNode(kindOf(entry)[1]), 'contype') === 'CONSTR_IDENTITY',
  )
  return identity || /^(small|big)?serial[248]?$/.test(type)
}
