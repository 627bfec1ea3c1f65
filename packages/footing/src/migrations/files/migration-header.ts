// Reads the directives in the comment that an SQL migration begins with: `-- footing: …`.

/** A batched change that can be interrupted: which table it walks, along which key, in which steps. */
export interface BackfillPlan {
  readonly table: string
  /** Columns of the key; empty for the primary key. */
  readonly key: readonly string[]
  /** Rows of one batch, each committed by itself. */
  readonly batch: number
  /** Milliseconds between two batches, for replicas to keep up. */
  readonly pauseMs: number
}

/** When a migration may run with respect to deployments. */
export type MigrationPhase =
  | { readonly kind: 'expand' }
  /** `after` is the number or the name of the migration that must have been applied by an earlier run. */
  | { readonly kind: 'contract'; readonly after: string }

/** What the comment at the top says. */
export interface MigrationHeader {
  /** False for `no-transaction`, and for a backfill, which has a transaction for each batch. */
  readonly transactional: boolean
  readonly phase?: MigrationPhase
  readonly backfill?: BackfillPlan
  /** True while somebody still writes it: it is not applied, nor is what comes after it in its module. */
  readonly draft?: true
}

const largestBatch = 100_000
const identifier = String.raw`(?:[a-z_][a-z0-9_$]*|"(?:[^"\n]|"")+")`
const backfillWords = new RegExp(
  `^(${identifier})(?:\\s+by\\s+(${identifier}(?:\\s*,\\s*${identifier})*))?(?:\\s+in\\s+batches\\s+of\\s+(\\d{1,9}))?(?:\\s+pause\\s+(\\d{1,9})\\s*ms)?$`,
)

/**
 * The header of an SQL text. Only comment lines before the first statement count.
 * @throws Error with a sentence that says which line is wrong and how it is written
 */
export function readHeader(sql: string): MigrationHeader {
  let alone = false
  let draft = false
  let phase: MigrationPhase | undefined
  let backfill: BackfillPlan | undefined
  for (const [index, words] of directives(sql)) {
    const [, verb = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(words) ?? []
    const fail = (rule: string): Error => new Error(`line ${index + 1} says "${words.slice(0, 120)}"; ${rule}`)
    switch (verb) {
      case 'no-transaction':
        alone = true
        break
      case 'draft':
        draft = true
        break
      case 'phase':
        if (phase !== undefined) throw fail('one file has one phase.')
        phase = readPhase(rest)
        if (phase === undefined) throw fail('write "phase expand", or "phase contract after 0007".')
        break
      case 'backfill':
        if (backfill !== undefined) throw fail('one file has one backfill.')
        backfill = readBackfill(rest)
        if (backfill === undefined) {
          throw fail(`write "backfill item by id in batches of 1000", at most ${largestBatch} rows in a batch.`)
        }
        break
      case 'allow':
        break // belongs to the statement below it; the review reads it
      default:
        throw fail('known are no-transaction, phase, backfill, draft and allow.')
    }
  }
  if (alone && backfill !== undefined)
    throw new Error('a backfill is never no-transaction: remove one of the two lines.')
  return {
    transactional: !alone && backfill === undefined,
    ...(phase === undefined ? {} : { phase }),
    ...(backfill === undefined ? {} : { backfill }),
    ...(draft ? { draft } : {}),
  }
}

// Line by line and never by one expression over the whole text: a file may be huge.
function* directives(sql: string): Generator<readonly [index: number, words: string]> {
  let index = 0
  for (let from = 0; from < sql.length; index += 1) {
    const end = sql.indexOf('\n', from)
    const line = sql.slice(from, end < 0 ? sql.length : end).trim()
    from = end < 0 ? sql.length : end + 1
    if (line !== '' && !line.startsWith('--')) return
    const words = /^--\s*footing:\s*(.*)$/.exec(line)?.[1]
    if (words !== undefined) yield [index, words.trim()]
  }
}

function readPhase(words: string): MigrationPhase | undefined {
  if (words === 'expand') return { kind: 'expand' }
  const after = /^contract\s+after\s+(\d{4,}(?:-[a-z0-9-]+)?)$/.exec(words)?.[1]
  return after === undefined ? undefined : { kind: 'contract', after }
}

function readBackfill(words: string): BackfillPlan | undefined {
  const [, table, key, batch, pause] = backfillWords.exec(words.replace(/[;.]$/, '')) ?? []
  if (table === undefined) return undefined
  const rows = batch === undefined ? 1000 : Number(batch)
  if (rows < 1 || rows > largestBatch) return undefined
  const columns = key === undefined ? [] : (key.match(new RegExp(identifier, 'g')) ?? [])
  return { table: unquote(table), key: columns.map(unquote), batch: rows, pauseMs: Number(pause ?? 0) }
}

function unquote(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name
}
