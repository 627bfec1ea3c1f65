// The comment in each statement: it always ends where we end it, and never changes the statement.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { tagStatement } from './query-tag.ts'

test('stands behind the first word', () => {
  expect(tagStatement('select 1', 'content', 'GET /api/articles/{slug}')).toBe(
    'select /* content GET /api/articles/{slug} */ 1',
  )
  expect(tagStatement('commit', 'content', undefined)).toBe('commit /* content */')
})

test.each(['(select 1) union (select 2)', '/* mine */ select 1', '-- mine\nselect 1', ''])(
  'stands in front of %j',
  (text) => {
    expect(tagStatement(text, 'content', undefined)).toBe(`/* content */ ${text}`)
  },
)

test('whatever the route is, there is one comment and the statement is unchanged', () => {
  const hostile = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom('*', '/', '-', '\n', ';', "'", '$', '\0', 'a') }),
  )
  fc.assert(
    fc.property(hostile, hostile, (module, route) => {
      const text = tagStatement('select $1', module, route)
      const [, comment, rest] = /^select \/\*(.*?)\*\/ (.*)$/s.exec(text) ?? []
      expect(rest).toBe('$1')
      expect(comment).toMatch(/^[A-Za-z0-9 _.:/{}-]*$/)
      expect(text.length).toBeLessThan(270)
    }),
  )
})
