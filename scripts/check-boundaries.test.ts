import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { findBoundaryFaults } from './check-boundaries.ts'
import type { Knot, Layer } from './layers.ts'
import { packageEntries, readImports, sourceFiles } from './read-imports.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

const rules: readonly Layer[] = [
  { folder: 'packages/low/src', mayImport: [], vendors: [], pure: true, because: 'it is the ground' },
  { folder: 'packages/high/src', mayImport: ['packages/low/src'], vendors: ['pg'], because: 'it is above' },
]

function check(sources: Readonly<Record<string, string>>, knots: readonly Knot[] = []): readonly string[] {
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
  return findBoundaryFaults(files, readImports(root, files, entries), new Set(entries.values()), rules, knots)
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

test('files that load each other are a cycle; types alone are not', () => {
  const cycle = check({
    'packages/high/src/a.ts': "import { b } from './b.ts'\n",
    'packages/high/src/b.ts': "import { a } from './a.ts'\n",
  })
  expect(cycle).toEqual([expect.stringContaining('a.ts → packages/high/src/b.ts → packages/high/src/a.ts')])
  const types = check({
    'packages/high/src/a.ts': "import { b } from './b.ts'\n",
    'packages/high/src/b.ts': "import { type A } from './a.ts'\n",
  })
  expect(types).toEqual([])
})

const knotted = {
  'packages/high/src/a/one.ts': "import type { Two } from '../b/two.ts'\n",
  'packages/high/src/b/two.ts': 'export const two = 2\n',
  'packages/high/src/b/three.ts': "import { four } from '../a/four.ts'\n",
  'packages/high/src/a/four.ts': 'export const four = 4\n',
}

test('folders that import each other are a cycle, types included, though no file is in one', () => {
  const [fault, ...others] = check(knotted)
  expect(others).toEqual([])
  expect(fault).toContain('2 folders import each other in a cycle')
  expect(fault).toContain('packages/high/src/a → packages/high/src/b: packages/high/src/a/one.ts:1')
  expect(fault).toContain('packages/high/src/b → packages/high/src/a: packages/high/src/b/three.ts:1')
})

test('a folder and the one that it lies in are no exception', () => {
  const nested = {
    'packages/high/src/open.ts': "import { pg } from './drivers/pg.ts'\n",
    'packages/high/src/drivers/pg.ts': "import type { Driver } from '../driver.ts'\n",
    'packages/high/src/driver.ts': 'export interface Driver {}\n',
  }
  expect(check(nested)).toEqual([expect.stringContaining('packages/high/src/drivers')])
})

test('a knot that is listed may be there, and only as it is listed', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => `packages/high/src/${name}`) as [string, string, string] // three names
  expect(check(knotted, [{ folders: [a, b], because: 'for now' }])).toEqual([])
  expect(check(knotted, [{ folders: [a, b, c], because: 'for now' }])).toEqual([
    expect.stringContaining('2 folders import each other'),
    expect.stringContaining('correct or take out their knot'),
  ])
  expect(check({}, [{ folders: [a, b], because: 'for now' }])).toEqual([
    expect.stringContaining('correct or take out their knot'),
  ])
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
