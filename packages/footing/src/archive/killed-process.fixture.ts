// A process of the drill: runs the archive, or erases somebody in it, and dies by SIGKILL at a step that its seed chooses.

import type { Database, DataSource } from '../data/contract/contract.ts'
import { openDataSource } from '../data/data-source.ts'
import type { ObjectStorage } from '../storage/contract/contract.ts'
import { openStorage } from '../storage/open-storage.ts'
import { openArchive } from './archive.ts'

const [url = '', folder = '', fatalStep = '0', moment = 'before', batchRows = '40', erased = ''] = process.argv.slice(2)
let step = 0

const die = (): never => {
  process.kill(process.pid, 'SIGKILL')
  // The signal is on its way; nothing may happen until it arrives.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

// Each statement and each call of the storage is a step. The process dies before one, after one, or while it is under way.
async function counted<T>(work: () => Promise<T>): Promise<T> {
  step += 1
  if (step !== Number(fatalStep)) return work()
  if (moment === 'before') die()
  const running = work()
  if (moment === 'during') {
    await new Promise((resolve) => setImmediate(resolve))
    die()
  }
  await running
  return die()
}

function countedCalls<Target extends object>(target: Target, names: readonly string[]): Target {
  return new Proxy(target, {
    get(_target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      const bound: (...args: unknown[]) => Promise<unknown> = value.bind(target)
      return names.includes(String(name)) ? (...args: unknown[]) => counted(() => bound(...args)) : bound
    },
  })
}

function countedDatabase(db: Database<unknown>): Database<unknown> {
  return {
    schema: db.schema,
    read: (options) => db.read(options),
    write: () => db.write(),
    query: (text, values) => counted(() => db.query(text, values)),
    // As a step of its own: dying after it is dying just after the commit.
    transaction: (work, options) => counted(() => db.transaction((tx) => work(countedCalls(tx, ['query'])), options)),
  } as Database<unknown>
}

const data = openDataSource({ url, poolSize: 2 })
const archive = openArchive({
  // The drill looks at statements of the archive's own handle only.
  data: { forModule: (module: string) => countedDatabase(data.forModule(module)) } as unknown as DataSource,
  storage: countedCalls<ObjectStorage>(openStorage({ folder }), ['put', 'read', 'delete']),
  tables: [{ module: 'shop', table: 'event', timeColumn: 'at', olderThanDays: 90, batchRows: Number(batchRows) }],
  // The next process begins at once: nobody waits for the lease of a dead one.
  leaseMs: 1,
})
if (erased === '') await archive.run()
else await archive.erase({ module: 'shop', table: 'event', columns: ['owner'], subject: erased })
process.stdout.write(`${step}\n`)
await data.close()
