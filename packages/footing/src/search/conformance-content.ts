// Cases of what is found: words, phrases, filters, order, pages, excerpts, hostile texts.
import assert from 'node:assert/strict'
import { type CaseDocument, finds, refused, type SearchCase, soon } from './conformance-case.ts'

const note = (id: string, title: string, body = '', filters: CaseDocument['filters'] = {}): CaseDocument => ({
  id,
  version: 1,
  fields: { title, body },
  filters,
})

/** Query texts that must neither fail nor do anything else than search. */
const hostileQueries: readonly string[] = [
  '"',
  '""',
  '"""',
  "'",
  "''",
  '\\',
  '\\\\',
  '\\"',
  '*',
  '?',
  '!',
  '!!',
  '&',
  '&&',
  '|',
  '||',
  '(',
  ')',
  '()',
  '((((',
  '))))',
  ':',
  ':*',
  '<->',
  '<1>',
  '-',
  '--',
  '---a',
  '-"',
  '-or',
  'or',
  'OR',
  'or or or',
  'and not',
  'NOT',
  'AND',
  '/',
  '//',
  '/.*/',
  '~',
  '^',
  'a^9',
  'a~2',
  'field:value',
  '_id:*',
  'fields.title:x',
  '{',
  '}',
  '[',
  ']',
  '[a TO b]',
  '{"query":{}}',
  '{{x}}',
  '#{7*7}',
  '$1',
  '%',
  '%s',
  '%00',
  '_',
  '; drop table search_index; --',
  "'); select pg_sleep(10); --",
  "' or 1=1 --",
  '/* */',
  '<script>alert(1)</script>',
  '<b>',
  '&amp;',
  '\u0000',
  'a\u0000b',
  '\u0001\u001f',
  '\u202e',
  '\ufeff',
  '\ud800',
  'a\udfffb',
  '👩‍👩‍👧‍👦',
  '🏳️‍🌈',
  'z̷̢a̶l̴g̷o̵',
  '\ue000\ue001',
  'ﷺ',
  'ا'.repeat(500),
  'a'.repeat(1000),
  'a '.repeat(500),
  '"a '.repeat(300),
  '-a '.repeat(300),
  'a or '.repeat(200),
  '('.repeat(1000),
  'the',
  'the and of',
  '"the"',
  '-the',
  'null',
  'undefined',
  'true',
  '\n\r\t',
  '1e999',
  '-1',
  '0x10',
  '127.0.0.1',
  'a@b.c',
  'http://a/b?c=d',
]

const sample: readonly CaseDocument[] = [
  note('1', 'Sailing boats', 'How to sail around the world in a small boat', {
    tag: ['sea', 'travel'],
    price: 10,
    open: true,
    publishedAt: '2026-01-01',
  }),
  note('2', 'World maps', 'Old maps of the sea', {
    tag: 'sea',
    price: 20.5,
    open: false,
    publishedAt: new Date('2026-02-01T12:00:00Z'),
  }),
  note('3', 'Cooking', 'A small kitchen and the boat of the neighbour', { tag: ['food'], price: -3, open: true }),
]

/** The cases. */
export const contentCases: readonly SearchCase[] = [
  {
    name: 'all words must occur, in any field and any form; phrases, alternatives and exclusions',
    async run(harness, index) {
      assert.deepEqual(await harness.search.put(harness.database, index, sample), { written: 3, stale: 0, deferred: 0 })
      const expected: readonly (readonly [string, readonly string[]])[] = [
        ['boat', ['1', '3']],
        ['BOATS', ['1', '3']],
        ['sails world', ['1']],
        ['maps sea', ['2']],
        ['cooking boat', ['3']],
        ['"small boat"', ['1']],
        ['"boat small"', []],
        ['boat -kitchen', ['1']],
        ['boat -"small kitchen"', ['1']],
        ['kitchen or maps', ['2', '3']],
        ['small kitchen OR old maps', ['2', '3']],
        ['-boat', ['2']],
        ['the boat', ['1', '3']],
        ['the', []],
        ['the or maps', ['2']],
        ['nothing', []],
        ['', ['1', '2', '3']],
        [' \n ', ['1', '2', '3']],
      ]
      for (const [query, ids] of expected) await finds(harness, index, { query }, ids)
    },
  },
  {
    name: 'a heavier field comes first, and scores fall',
    async run(harness, index) {
      await harness.search.put(harness.database, index, [
        note('a', 'Something', 'about pearls and much more'),
        note('b', 'Pearls', 'and something'),
      ])
      await finds(harness, index, { query: 'pearls' }, ['a', 'b'])
      const { hits } = await harness.search.search(harness.database, index, { query: 'pearls' })
      assert.deepEqual(
        hits.map(({ id }) => id),
        ['b', 'a'],
      )
      assert.ok((hits[0]?.score ?? 0) > (hits[1]?.score ?? 0))
    },
  },
  {
    name: 'filters: exact, any of several, ranges, together',
    async run(harness, index) {
      await harness.search.put(harness.database, index, sample)
      await finds(harness, index, { filters: { tag: 'sea' } }, ['1', '2'])
      await finds(harness, index, { filters: { tag: ['food', 'travel'] } }, ['1', '3'])
      await finds(harness, index, { filters: { tag: 'se' } }, [])
      await finds(harness, index, { filters: { tag: [] } }, [])
      await finds(harness, index, { filters: { price: 20.5 } }, ['2'])
      await finds(harness, index, { filters: { price: [10, -3] } }, ['1', '3'])
      await finds(harness, index, { filters: { price: { from: -3, to: 10 } } }, ['3'])
      await finds(harness, index, { filters: { open: true } }, ['1', '3'])
      await finds(harness, index, { filters: { publishedAt: { from: '2026-01-01', to: '2026-02-01T12:00:00Z' } } }, [
        '1',
      ])
      await finds(harness, index, { filters: { publishedAt: { from: new Date('2026-02-01T12:00:00Z') } } }, ['2'])
      await finds(harness, index, { query: 'boat', filters: { tag: 'sea', open: true } }, ['1'])
      const strange = 'se\'a"; --'
      await harness.search.put(harness.database, index, [note('4', 'Strange', '', { tag: [strange, ''] })])
      await finds(harness, index, { filters: { tag: strange } }, ['4'])
      await finds(harness, index, { filters: { tag: '' } }, ['4'])
    },
  },
  {
    name: 'pages: every hit once, best first, ties by id, whatever the size of a page',
    async run(harness, index) {
      const documents = Array.from({ length: 57 }, (_, number) =>
        note(`n-${number}`, number % 3 === 0 ? 'pebble' : 'stone', `pebble ${'pebble '.repeat(number % 5)}`, {
          open: number % 2 === 0,
        }),
      )
      await harness.search.put(harness.database, index, documents)
      await finds(
        harness,
        index,
        { query: 'pebble' },
        documents.map(({ id }) => id),
      )
      for (const query of ['pebble', '']) {
        const whole = await harness.search.search(harness.database, index, { query, limit: 100 })
        assert.equal(whole.next, undefined)
        assert.deepEqual(whole.total, { value: 57, exact: true })
        for (const limit of [1, 10, 19, 57]) {
          const seen: { id: string; score: number }[] = []
          let after: string | undefined
          do {
            const page = await harness.search.search(harness.database, index, {
              query,
              limit,
              ...(after === undefined ? {} : { after }),
            })
            assert.ok(page.hits.length <= limit)
            seen.push(...page.hits)
            after = page.next
          } while (after !== undefined)
          assert.deepEqual(
            seen.map(({ id }) => id),
            whole.hits.map(({ id }) => id),
          )
        }
        for (const [at, hit] of whole.hits.entries()) {
          const before = whole.hits[at - 1]
          assert.ok(
            before === undefined || before.score > hit.score || (before.score === hit.score && before.id < hit.id),
          )
        }
      }
    },
  },
  {
    name: 'a cursor of another search, or of nobody, is refused',
    async run(harness, index) {
      await harness.search.put(harness.database, index, sample)
      await finds(harness, index, { query: 'boat' }, ['1', '3'])
      const { next = '' } = await harness.search.search(harness.database, index, { query: 'boat', limit: 1 })
      assert.notEqual(next, '')
      const cursors = [
        '',
        'x',
        next.slice(1),
        Buffer.from('[1,2]').toString('base64url'),
        Buffer.from('{}').toString('base64url'),
        'A'.repeat(5000),
      ]
      for (const after of cursors) {
        await refused('search-cursor-invalid', () =>
          harness.search.search(harness.database, index, { query: 'boat', after }),
        )
      }
      await refused('search-cursor-invalid', () =>
        harness.search.search(harness.database, index, { query: 'maps', after: next }),
      )
    },
  },
  {
    name: 'excerpts mark what was found and are safe as HTML',
    async run(harness, index) {
      const attack = '<script>alert("x")</script> & <img src=x onerror=alert(1)> \ue000lanterns\ue001 </mark>'
      await harness.search.put(harness.database, index, [
        note('1', `Lanterns' ${attack}`, `${'filler '.repeat(300)} the lantern ${attack}`),
      ])
      await finds(harness, index, { query: 'lantern' }, ['1'])
      const { hits } = await harness.search.search(harness.database, index, { query: 'lantern', highlight: true })
      const { title = '', body = '' } = hits[0]?.highlight ?? {}
      assert.match(title, /<mark>Lanterns<\/mark>/)
      assert.match(body, /<mark>lanterns?<\/mark>/)
      for (const excerpt of [title, body]) {
        const rest = excerpt.replace(/<mark>|<\/mark>/g, '')
        assert.doesNotMatch(rest, /[<>"'\ue000\ue001]/)
        assert.equal(excerpt.match(/<mark>/g)?.length, excerpt.match(/<\/mark>/g)?.length)
        assert.ok(excerpt.length < 1500, 'an excerpt is short')
      }
      const plain = await harness.search.search(harness.database, index, { query: 'lantern' })
      assert.equal(plain.hits[0]?.highlight, undefined)
    },
  },
  {
    name: 'no text of a query fails',
    async run(harness, index) {
      await harness.search.put(harness.database, index, sample)
      await finds(harness, index, { query: 'boat' }, ['1', '3'])
      for (const query of hostileQueries) {
        for (const typos of [false, true]) {
          const page = await harness.search.search(harness.database, index, { query, highlight: true, typos })
          assert.ok(page.hits.length <= 3, JSON.stringify(query))
        }
      }
      await finds(harness, index, { query: 'boat' }, ['1', '3'])
    },
  },
  {
    name: 'texts of any script come back; what cannot be stored is left out of them',
    async run(harness, index) {
      await harness.search.put(harness.database, index, [
        note('umlaut', 'Größe', 'Ähren'),
        note('cyrillic', 'Привет мир'),
        note('greek', 'Καλημέρα'),
        note('emoji', 'rocket 🚀 launch'),
        note('broken', 'before\u0000after \ud800 end'),
        note('ключ-"\'<>', 'strange key'),
        { id: 'empty', version: 1, fields: {} },
      ])
      await finds(harness, index, { query: 'größe' }, ['umlaut'])
      await finds(harness, index, { query: 'привет' }, ['cyrillic'])
      await finds(harness, index, { query: 'Καλημέρα' }, ['greek'])
      await finds(harness, index, { query: 'rocket launch' }, ['emoji'])
      await finds(harness, index, { query: 'before end' }, ['broken'])
      await finds(harness, index, { query: 'strange' }, ['ключ-"\'<>'])
      await finds(harness, index, {}, ['umlaut', 'cyrillic', 'greek', 'emoji', 'broken', 'ключ-"\'<>', 'empty'])
    },
  },
  {
    name: 'mistyped words are found in the fields that declare it, after what was typed well',
    async run(harness, index) {
      await harness.search.put(harness.database, index, [
        note('1', 'Elasticsearch in practice', 'about kangaroos'),
        note('2', 'Elasticsaerch', 'a typing error'),
        note('3', 'Gardening'),
      ])
      await finds(harness, index, { query: 'elasticsaerch' }, ['2'])
      const request = { query: 'elasticsaerch', typos: true } as const
      if (!harness.search.guarantees.typoTolerant) {
        await refused('search-unsupported', () => harness.search.search(harness.database, index, request))
        return
      }
      await finds(harness, index, request, ['1', '2'])
      const { hits } = await harness.search.search(harness.database, index, request)
      assert.equal(hits[0]?.id, '2')
      await finds(harness, index, { query: 'kangaroso', typos: true }, [])
      await finds(harness, index, { query: 'elasticsaerch -practice', typos: true }, ['2'])
      await finds(harness, index, { query: 'the', typos: true }, [])
    },
  },
  {
    name: 'what is not as declared is refused with its reason, and nothing is stored',
    async run(harness, index) {
      const good = note('good', 'good')
      const wrong: readonly unknown[] = [
        null,
        5,
        {},
        { id: '', version: 1, fields: {} },
        { id: 'x'.repeat(513), version: 1, fields: {} },
        { id: 'a\u0000', version: 1, fields: {} },
        { id: 'a', version: -1, fields: {} },
        { id: 'a', version: 1.5, fields: {} },
        { id: 'a', version: '1', fields: {} },
        { id: 'a', version: 2 ** 60, fields: {} },
        { id: 'a', version: 1, fields: { other: 'x' } },
        { id: 'a', version: 1, fields: { title: 5 } },
        { id: 'a', version: 1, fields: { __proto__: null, constructor: 'x' } },
        ...[
          { tag: 5 },
          { tag: [5] },
          { tag: 'x'.repeat(1025) },
          { price: Number.NaN },
          { price: '1' },
          { publishedAt: 'soon' },
          { publishedAt: new Date(Number.NaN) },
          { open: 'yes' },
          { other: 1 },
        ].map((filters) => ({ id: 'a', version: 1, fields: {}, filters })),
      ]
      for (const document of wrong) {
        // Only a caller without types gets here.
        const put = () => harness.search.put(harness.database, index, [good, document as CaseDocument])
        await refused('search-document-invalid', put)
      }
      const large = note('large', 'x', 'word '.repeat(200_000))
      await refused('search-document-too-large', () => harness.search.put(harness.database, index, [good, large]))
      const requests: readonly object[] = [
        { limit: 0 },
        { limit: 101 },
        { limit: 1.5 },
        { query: 5 },
        { query: 'x'.repeat(1001) },
        { filters: { other: 1 } },
        { filters: { tag: 5 } },
        { filters: { price: '5' } },
        { filters: { price: {} } },
        { filters: { price: { from: 1, above: 2 } } },
        { filters: { publishedAt: '2026-01-01' } },
        { filters: { publishedAt: { from: 'x' } } },
        { filters: { open: null } },
        { filters: { toString: 1 } },
      ]
      for (const request of requests) {
        await refused('search-request-invalid', () => harness.search.search(harness.database, index, request))
      }
      await soon(harness, async () => {
        assert.deepEqual(await harness.search.search(harness.database, index, {}), {
          hits: [],
          next: undefined,
          total: { value: 0, exact: true },
        })
      })
    },
  },
]
