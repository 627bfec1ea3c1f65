// Every kind of violation, planted in one application: each is found where it is, nothing else is, and the clean one is silent.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterEach, describe, expect, it } from 'vitest'
import { audit } from '../audit.ts'
import { PLAIN, reporters } from '../report/index.ts'
import type { AuditResult } from '../result/audit-result.ts'
import { checkRules } from './check-rules.ts'
import { CLEAN, planted, SEEDS, type Seed } from './seeded-application.fixture.ts'

let folder: string | undefined
afterEach(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
})

async function check(files: Readonly<Record<string, string>>): Promise<AuditResult> {
  folder = mkdtempSync(join(tmpdir(), 'seeded-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return audit({
    root: folder,
    rules: checkRules(),
    history: false,
    cache: false,
    threads: 1,
    minConfidence: 'possible',
  })
}

async function found(seeds: readonly Seed[]): Promise<string[]> {
  const files = planted(seeds)
  const { findings } = await check(files)
  return findings
    .map(({ rule, place }) => `${rule} ${place.path}: ${files[place.path]?.split('\n')[place.line - 1]}`)
    .sort()
}

const expected = (seeds: readonly Seed[]) => seeds.flatMap((seed) => seed.found).sort()

describe('the clean application', () => {
  it('has no finding, and nothing of it was passed over', async () => {
    const result = await check(CLEAN)
    expect(result.findings).toEqual([])
    expect(result.boundaries?.imports).toMatchObject({ unresolved: 0, notFollowed: 0 })
    expect(result.boundaries?.problems).toEqual([])
    expect(result.coverage.files.parsed).toBe(Object.keys(CLEAN).filter((path) => path.endsWith('.ts')).length)
  })

  it('is divided as its manifests say', async () => {
    const { boundaries } = await check(CLEAN)
    expect(boundaries?.modules.map(({ name, needs, tables, owner }) => ({ name, needs, tables, owner }))).toEqual([
      { name: 'billing', needs: ['identity'], tables: ['invoice'], owner: '@shop/payments' },
      { name: 'catalog', needs: [], tables: ['item'], owner: '@shop/goods' },
      { name: 'identity', needs: ['catalog'], tables: ['account'], owner: '@shop/accounts' },
      { name: 'reports', needs: [], tables: [], owner: '@shop/insight' },
    ])
  })
})

describe('each seed alone', () => {
  it.each(SEEDS.map((seed) => [seed.name, seed] as const))('%s', async (_, seed) => {
    expect(await found([seed])).toEqual(expected([seed]))
  })
})

it('all seeds together', async () => {
  expect(await found(SEEDS)).toEqual(expected(SEEDS))
})

it('a computed import is counted and named, not told as a finding', async () => {
  const result = await check({ ...CLEAN, 'src/reports/any.ts': 'export const any = (name: string) => import(name)\n' })
  expect(result.findings).toEqual([])
  expect(result.boundaries?.imports).toMatchObject({ unresolved: 1, notFollowed: 1 })
  expect(result.boundaries?.unresolved[0]?.place).toEqual({ path: 'src/reports/any.ts', line: 1 })
})

it('its JSON keeps to the published schema, with circles, modules and imports that lead nowhere', async () => {
  const result = await check(planted(SEEDS))
  const file = new URL('../report/audit-result.schema.json', import.meta.url)
  const schema: object = JSON.parse(readFileSync(file, 'utf8'))
  const validate = new Ajv2020({ allErrors: true, strictTypes: false }).compile(schema)
  expect(validate(JSON.parse(reporters.json(result, PLAIN))) ? [] : validate.errors).toEqual([])
})
