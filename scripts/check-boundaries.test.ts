import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { findBoundaryFaults } from './check-boundaries.ts'
import type { Layer } from './layers.ts'
import { packageEntries, readImports, sourceFiles } from './read-imports.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

const rules: readonly Layer[] = [
  { folder: 'packages/low/src', mayImport: [], vendors: [], pure: true, because: 'it is the ground' },
  { folder: 'packages/high/src', mayImport: ['packages/low/src'], vendors: ['pg'], because: 'it is above' },
]

function check(sources: Readonly<Record<string, string>>): readonly string[] {
  const root = mkdtempSync(join(tmpdir(), 'footing boundaries '))
  folders.push(root)
  const manifest = (name: string) =>
    JSON.stringify({ name: `@x/${name}`, exports: { '.': { '@footing/source': './src/index.ts' } } })
  const all = {
    'packages/low/package.json': manifest('low'),
    'packages/high/package.json': manifest('high'),
    'packages/high/src/used.ts': "import { x } from '@x/low'\nimport 'pg'\n",
    ...sources,
  }
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const entries = packageEntries(root)
  const files = sourceFiles(root)
  return findBoundaryFaults(files, readImports(root, files, entries), new Set(entries.values()), rules)
}

test('an allowed arrow through an entry passes', () => {
  expect(check({ 'packages/high/src/a.ts': "import { x } from '@x/low'\n" })).toEqual([])
})

test('an arrow against the layers is named with file and line', () => {
  const [fault] = check({ 'packages/low/src/a.ts': "// purpose\nimport { x } from '@x/high'\n" })
  expect(fault).toMatch(/^packages\/low\/src\/a\.ts:2 {2}packages\/low\/src may not import packages\/high\/src/)
})

const ways = [
  ['the inside of another package', "import { x } from '../../low/src/deep.ts'\n", /inside of another package/],
  ['a vendor of another layer', "import {\n  a,\n  b,\n} from 'fastify/plugin'\n", /package fastify/],
  ['a lazy import', "export const f = () => import('kysely')\n", /package kysely/],
  ['a bare import', "import 'pino'\n", /package pino/],
  ['a re-export', "export * from '@acme/secret/deep'\n", /package @acme\/secret/],
] as const
test.each(ways)('%s is found', (_name, source, message) => {
  expect(check({ 'packages/high/src/a.ts': source, 'packages/low/src/deep.ts': 'export const x = 1\n' })).toEqual([
    expect.stringMatching(message),
  ])
})

test('a pure layer may not use Node', () => {
  expect(check({ 'packages/low/src/a.ts': "import { join } from 'node:path'\n" })).toHaveLength(1)
})

test('a file that no layer places is a fault', () => {
  expect(check({ 'packages/new/src/a.ts': 'export const x = 1\n' })).toEqual([expect.stringMatching(/no layer places/)])
})

test('files that load each other are a circle; types alone are not', () => {
  const circle = check({
    'packages/high/src/a.ts': "import { b } from './b.ts'\n",
    'packages/high/src/b.ts': "import { a } from './a.ts'\n",
  })
  expect(circle).toEqual([expect.stringContaining('a.ts → packages/high/src/b.ts → packages/high/src/a.ts')])
  const types = check({
    'packages/high/src/a.ts': "import { b } from './b.ts'\n",
    'packages/high/src/b.ts': "import { type A } from './a.ts'\n",
  })
  expect(types).toEqual([])
})

test('an arrow that is allowed and not there is a fault', () => {
  expect(check({ 'packages/high/src/used.ts': "import 'pg'\n" })).toEqual([
    expect.stringMatching(/packages\/high\/src is allowed to import packages\/low\/src and does not/),
  ])
})

test('an import in a comment is none', () => {
  expect(check({ 'packages/low/src/a.ts': "// import { x } from 'pg'\n/*\nimport 'pg'\n*/\n" })).toEqual([])
})

test('it looks at this repository, not at nothing', () => {
  const root = fileURLToPath(new URL('..', import.meta.url))
  expect(sourceFiles(root).length).toBeGreaterThan(50)
})
