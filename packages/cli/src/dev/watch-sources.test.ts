import { expect, test } from 'vitest'
import { isSource } from './watch-sources.ts'

test.each([
  'src/app.ts',
  'src/identity/migrations/0001-create-user.sql',
  'package.json',
  '.env',
  'src/deep/er/file.mjs',
])('%s restarts', (path) => {
  expect(isSource(path)).toBe(true)
})

test.each([
  '.footing/postgres/data/base/1.sql',
  'node_modules/pg/index.js',
  'src/app.test.ts',
  'dist/app.js',
  '.git/index',
  'src/.app.ts.swp',
  'README.md',
  'coverage/report.json',
])('%s does not', (path) => {
  expect(isSource(path)).toBe(false)
})
