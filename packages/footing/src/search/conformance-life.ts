// Cases of what changes: versions, removals, transactions, rebuilds.
import assert from 'node:assert/strict'
import {
  type CaseDocument,
  type CaseIndex,
  finds,
  refused,
  type SearchCase,
  type SearchHarness,
  soon,
} from './conformance-case.ts'

const at = (version: number, id = 'one'): CaseDocument => ({
  id,
  version,
  fields: { title: `edition v${version}v` },
  filters: { price: version },
})

async function versionOf({ search, database }: SearchHarness, index: CaseIndex): Promise<number | undefined> {
  const { hits } = await search.search(database, index, {})
  assert.ok(hits.length <= 1)
  return hits[0]?.version
}

/** The cases. */
export const lifeCases: readonly SearchCase[] = [
  {
    name: 'an older version never replaces a newer one, nor brings a removed one back',
    async run(harness, index) {
      const { search, database } = harness
      assert.deepEqual(await search.put(database, index, [at(5)]), { written: 1, stale: 0, deferred: 0 })
      assert.deepEqual(await search.put(database, index, [at(4)]), { written: 0, stale: 1, deferred: 0 })
      assert.deepEqual(await search.put(database, index, [at(5)]), { written: 0, stale: 1, deferred: 0 })
      await finds(harness, index, { query: 'v5v' }, ['one'])
      assert.deepEqual(await search.put(database, index, [at(7), at(6), at(3)]), { written: 1, stale: 0, deferred: 0 })
      await finds(harness, index, { query: 'v7v' }, ['one'])
      await finds(harness, index, { query: 'v5v' }, [])
      assert.equal((await search.remove(database, index, [{ id: 'one', version: 6 }])).stale, 1)
      await finds(harness, index, { query: 'edition' }, ['one'])
      assert.equal((await search.remove(database, index, [{ id: 'one', version: 8 }])).written, 1)
      await finds(harness, index, { query: 'edition' }, [])
      await finds(harness, index, {}, [])
      assert.equal((await search.put(database, index, [at(7)])).stale, 1)
      await finds(harness, index, {}, [])
      assert.equal((await search.remove(database, index, [{ id: 'absent', version: 9 }])).deferred, 0)
      assert.equal((await search.put(database, index, [at(9)])).written, 1)
      await finds(harness, index, { query: 'v9v' }, ['one'])
    },
  },
  {
    name: 'of many puts of one document at once the highest version wins',
    async run(harness, index) {
      const { search, database } = harness
      for (let round = 0; round < 5; round += 1) {
        // A fixed disorder: 17 is prime to 40, so that each version comes once.
        const versions = Array.from({ length: 40 }, (_, number) => 1 + round * 40 + ((number * 17) % 40))
        await Promise.all(
          versions.map((version) => search.put(database, index, [at(version), at(version, `other-${version % 3}`)])),
        )
        await soon(harness, async () => {
          const { hits } = await search.search(database, index, {})
          assert.equal(hits.find(({ id }) => id === 'one')?.version, (round + 1) * 40)
          assert.equal(hits.length, 4)
        })
      }
    },
  },
  {
    name: 'a put inside a transaction is there after the commit, and never after a rollback',
    async run(harness, index) {
      const { search, database } = harness
      const { transactional } = search.guarantees
      await database.transaction(async (tx) => {
        const result = await search.put(tx, index, [at(1)])
        assert.deepEqual(
          result,
          transactional ? { written: 1, stale: 0, deferred: 0 } : { written: 0, stale: 0, deferred: 1 },
        )
        if (transactional) assert.equal((await search.search(tx, index, {})).hits.length, 1)
        assert.equal((await search.search(database, index, {})).hits.length, 0)
      })
      await search.settled()
      await finds(harness, index, {}, ['one'])
      const broken = database.transaction(async (tx) => {
        await search.put(tx, index, [at(2)])
        await search.remove(tx, index, [{ id: 'one', version: 3 }])
        throw new Error('changed my mind')
      })
      await assert.rejects(broken, /changed my mind/)
      await database.transaction(async (tx) => {
        await tx
          .savepoint(() => search.put(tx, index, [at(2, 'undone')]).then(() => Promise.reject(new Error('undo'))))
          .catch(() => undefined)
        await search.put(tx, index, [at(1, 'last')])
      })
      await search.settled()
      await finds(harness, index, {}, ['last', 'one'])
      const { hits } = await search.search(database, index, { filters: { price: 1 } })
      assert.deepEqual(
        hits.map(({ version }) => version),
        [1, 1],
      )
    },
  },
  {
    name: 'a rebuild replaces everything at its end; until then the old index answers',
    async run(harness, index) {
      const { search, database } = harness
      await search.put(database, index, [at(1, 'old'), at(3, 'both')])
      await finds(harness, index, {}, ['old', 'both'])
      const result = await search.rebuild(
        database,
        index,
        (async function* () {
          for (let number = 0; number < 1200; number += 1) yield at(1, `new-${number}`)
          assert.equal((await search.search(database, index, {})).total.value, 2)
          yield at(2, 'both')
        })(),
      )
      assert.deepEqual(result, { written: 1201, stale: 0, deferred: 0 })
      const { total } = await search.search(database, index, {})
      assert.deepEqual(total, { value: 1201, exact: true })
      await finds(harness, index, { filters: { price: 2 } }, ['both'])
      await search.put(database, index, [at(1, 'later')])
      await soon(harness, async () => {
        assert.equal((await search.search(database, index, {})).total.value, 1202)
      })
    },
  },
  {
    name: 'what is put or removed during a rebuild is in the new index, whatever the source says',
    async run(harness, index) {
      const { search, database } = harness
      await search.put(database, index, [at(1, 'changed'), at(1, 'removed'), at(1, 'early')])
      await search.rebuild(
        database,
        index,
        (async function* () {
          await search.put(database, index, [at(5, 'changed'), at(1, 'added')])
          await search.remove(database, index, [{ id: 'removed', version: 2 }])
          yield at(1, 'changed')
          yield at(1, 'removed')
          yield at(1, 'early')
          await search.put(database, index, [at(2, 'early')])
        })(),
      )
      await finds(harness, index, {}, ['added', 'changed', 'early'])
      await finds(harness, index, { filters: { price: 5 } }, ['changed'])
      await finds(harness, index, { filters: { price: 2 } }, ['early'])
    },
  },
  {
    name: 'rebuilds under steady puts from several sides lose none',
    async run(harness, index) {
      const { search, database } = harness
      // The application's own records: first changed here, then put, as a module does with its rows.
      const records = new Map<string, number>()
      let running = true
      const writer = async (side: number) => {
        for (let number = 0; running; number += 1) {
          const id = `${side}-${number % 40}`
          const version = (records.get(id) ?? 0) + 1
          records.set(id, version)
          await search.put(database, index, [at(version, id)])
        }
      }
      const writers = [writer(1), writer(2), writer(3)]
      for (let round = 0; round < 3; round += 1) {
        await search.rebuild(
          database,
          index,
          (async function* () {
            for (const [id, version] of [...records]) yield at(version, id)
          })(),
        )
      }
      running = false
      await Promise.all(writers)
      await soon(harness, async () => {
        const found = new Map<string, number>()
        let after: string | undefined
        do {
          const page = await search.search(database, index, { limit: 100, ...(after === undefined ? {} : { after }) })
          for (const { id, version } of page.hits) found.set(id, version)
          after = page.next
        } while (after !== undefined)
        assert.deepEqual([...found].toSorted(), [...records].toSorted())
      })
    },
  },
  {
    name: 'a rebuild whose source fails leaves the old index, and a later one works',
    async run(harness, index) {
      const { search, database } = harness
      await search.put(database, index, [at(1)])
      const broken = search.rebuild(
        database,
        index,
        (async function* () {
          yield at(2, 'two')
          throw new Error('the source broke')
        })(),
      )
      await assert.rejects(broken, /the source broke/)
      const invalid = search.rebuild(
        database,
        index,
        (async function* () {
          yield at(-1, 'two')
        })(),
      )
      await refused('search-document-invalid', () => invalid)
      await finds(harness, index, {}, ['one'])
      await search.put(database, index, [at(2)])
      await soon(harness, async () => assert.equal(await versionOf(harness, index), 2))
      const empty = await search.rebuild(database, index, (async function* () {})())
      assert.deepEqual(empty, { written: 0, stale: 0, deferred: 0 })
      await finds(harness, index, {}, [])
    },
  },
  {
    name: 'of two rebuilds the later one wins, and the earlier one is told',
    async run(harness, index) {
      const { search, database } = harness
      await search.put(database, index, [at(1)])
      const first = search.rebuild(
        database,
        index,
        (async function* () {
          yield at(1, 'first')
          await search.rebuild(
            database,
            index,
            (async function* () {
              yield at(1, 'second')
            })(),
          )
          yield at(1, 'third')
        })(),
      )
      await refused('search-rebuild-replaced', () => first)
      await finds(harness, index, {}, ['second'])
    },
  },
]
