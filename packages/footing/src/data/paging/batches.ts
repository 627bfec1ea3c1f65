// Cuts long lists into pieces that a statement can carry.

/** PostgreSQL counts the parameters of a statement in 16 bits. */
const mostParameters = 65_535

/** Pieces of at most `size` items, in order. */
export function* batchesOf<T>(items: Iterable<T>, size: number): Generator<readonly T[]> {
  if (!Number.isInteger(size) || size < 1) throw new RangeError(`a batch holds at least one item, not ${size}`)
  let batch: T[] = []
  for (const item of items) {
    batch.push(item)
    if (batch.length === size) {
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}

/** Pieces of rows that one insert can carry: at most `size` rows (default 1000) and never more parameters than fit. */
export function insertBatches<Row extends object>(rows: readonly Row[], size = 1000): Generator<readonly Row[]> {
  const columns = rows.reduce((most, row) => Math.max(most, Object.keys(row).length), 1)
  return batchesOf(rows, Math.max(1, Math.min(size, Math.floor(mostParameters / columns))))
}
