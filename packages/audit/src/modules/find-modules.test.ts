// What counts as a module, in the shapes that repositories have, and what a hostile one makes of it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { audit } from '../audit.ts'
import { checkRules } from '../check/check-rules.ts'
import { type BoundarySettings, DEFAULT_BOUNDARIES, DEFAULT_SETTINGS } from '../settings/settings.ts'
import type { BoundaryReport } from './boundary-report.ts'
import { readModules } from './read-modules.ts'

let folder: string | undefined
afterEach(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
})

type Files = Readonly<Record<string, string>>

function written(files: Files): string {
  folder = mkdtempSync(join(tmpdir(), 'modules-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

const settingsOf = (boundaries: Partial<BoundarySettings>) => ({
  ...DEFAULT_SETTINGS,
  boundaries: { ...DEFAULT_BOUNDARIES, ...boundaries },
})

const modules = (files: Files, boundaries: Partial<BoundarySettings> = {}): Promise<BoundaryReport> =>
  readModules({ root: written(files), settings: settingsOf(boundaries) })

async function findings(files: Files, boundaries: Partial<BoundarySettings> = {}): Promise<string[]> {
  const root = written(files)
  const settings = settingsOf(boundaries)
  const result = await audit({ root, settings, rules: checkRules(), history: false, cache: false, threads: 1 })
  return result.findings.map(({ rule, place }) => `${rule} ${place.path}:${place.line}`).sort()
}

const manifest = (name: string, more = '') =>
  `import { defineModule } from '@footing/core'\nexport const ${name} = defineModule('${name}', { owner: '@a/b', ${more} })\n`
const core = '{ "name": "shop", "dependencies": { "@footing/core": "1" } }'

describe('modules', () => {
  it('of pnpm workspaces are packages with sources, those of an application inside of one of them', async () => {
    const report = await modules({
      'pnpm-workspace.yaml': 'packages:\n  - packages/*\n  - apps/*\n',
      'package.json': '{ "private": true }',
      'packages/kernel/package.json': '{ "name": "@s/kernel" }',
      'packages/kernel/src/index.ts': 'export const kernel = 1\n',
      'packages/styles/package.json': '{ "name": "@s/styles" }',
      'packages/styles/main.css': '',
      'apps/shop/package.json': '{ "name": "@s/shop", "dependencies": { "@s/kernel": "*", "@footing/core": "1" } }',
      'apps/shop/src/billing/billing.module.ts': manifest('billing'),
      'apps/shop/src/billing/charge.ts': "import { kernel } from '@s/kernel'\nexport const charge = kernel\n",
      'apps/shop/src/orders/orders.module.ts': manifest('orders'),
    })
    expect(report.modules.map(({ name, origin, files }) => `${name} ${origin} ${files}`)).toEqual([
      '@s/shop workspace 0',
      'billing manifest 2',
      'orders manifest 1',
      '@s/kernel workspace 1',
    ])
    // The import leaves the application's package, so the arrow is between the packages.
    expect(report.arrows).toMatchObject([{ from: '@s/shop', to: '@s/kernel', imports: 1, typeOnly: 0 }])
  })

  it('are not guessed where some are declared, nor where a custom folder has one child', async () => {
    const files = {
      'src/modules/a/index.ts': 'export const a = 1\n',
      'src/modules/b/index.ts': 'export const b = 1\n',
      'src/features/one/index.ts': 'export const one = 1\n',
    }
    expect((await modules(files)).modules.map(({ folder: at }) => at)).toEqual(['src/modules/a', 'src/modules/b'])
    expect(
      (await modules({ ...files, 'src/domain/x.module.ts': manifest('x') })).modules.map(({ name }) => name),
    ).toEqual(['x'])
  })

  it('of two applications may have one name, and each needs its own', async () => {
    const application = (name: string) => ({
      [`${name}/identity/identity.module.ts`]: manifest('identity'),
      [`${name}/billing/billing.module.ts`]: `import { identity } from '../identity/identity.module.ts'\n${manifest('billing', 'needs: [identity]')}`,
    })
    const files = { 'package.json': core, ...application('one'), ...application('two') }
    const report = await modules(files)
    expect(report.modules.map(({ name, needs }) => [name, needs])).toEqual([
      ['billing (one/billing)', ['identity (one/identity)']],
      ['identity (one/identity)', []],
      ['billing (two/billing)', ['identity (two/identity)']],
      ['identity (two/identity)', []],
    ])
    expect(await findings(files)).toEqual([])
  })

  it('need by the name of the package, whatever its folder is called', async () => {
    const files = {
      'package.json': '{ "workspaces": ["p/*"] }',
      'p/one/package.json': '{ "name": "types", "main": "index.ts" }',
      'p/one/index.ts': 'export const one = 1\n',
      'p/two/package.json': '{ "name": "two", "dependencies": { "types": "*" } }',
      'p/two/index.ts': "export { one } from 'types'\n",
      'q/package.json': '{ "workspaces": ["*"] }',
      'q/types/package.json': '{ "name": "types", "main": "index.ts" }',
      'q/types/index.ts': 'export const other = 1\n',
    }
    expect(await findings(files)).toEqual([])
  })

  it('may be configured with public files of any name', async () => {
    const files = {
      'src/a/api/call.ts': 'export const call = 1\n',
      'src/a/inner.ts': 'export const inner = 1\n',
      'src/b/use.ts':
        "import { call } from '../a/api/call.ts'\nimport { inner } from '../a/inner.ts'\nexport const use = [call, inner]\n",
    }
    expect(await findings(files, { modules: ['src/*'], public: ['api/*'] })).toEqual([
      'boundaries/deep-import src/b/use.ts:2',
    ])
  })
})

describe('a file outside of every module', () => {
  const files = (shared: string): Files => ({
    'package.json': core,
    'src/billing/billing.module.ts': manifest('billing'),
    'src/billing/start.ts': `${shared}export const start = 1\n`,
    'src/app.ts': "import { start } from './billing/start.ts'\nexport const app = start\n",
  })

  it('may put modules together', async () => {
    expect(await findings(files(''))).toEqual([])
  })

  it('may not know their insides when they use it themselves', async () => {
    const found = await findings({ ...files("import { app } from '../app.ts'\nexport const again = () => app\n") })
    expect(found).toEqual(['boundaries/deep-import src/app.ts:1', 'boundaries/import-cycle src/billing/start.ts:1'])
  })
})

describe('a manifest that', () => {
  const problem = async (text: string) =>
    (await modules({ 'package.json': core, 'src/billing/billing.module.ts': text })).problems.map(({ what }) => what)

  it('computes its needs or tables is not judged by them, and that is said', async () => {
    expect(await problem(manifest('billing', 'needs: all(), tables: [...names]'))).toEqual([
      '`tables` of the module `billing` is not written as a plain list, so it is not judged.',
      '`needs` of the module `billing` is not written as a plain list, so it is not judged.',
    ])
  })

  it.each([
    ['has a computed name', "defineModule(name, { owner: 'x' })"],
    ['is one of Nest', '@Module({})\nexport class BillingModule {}'],
    ['defines two', "defineModule('a', {})\ndefineModule('b', {})"],
    ['is nothing', ''],
    ['does not parse', 'defineModule("billing", {'],
    ['has no options', 'defineModule("billing")'],
  ])('%s does no harm', async (_, text) => {
    const files = {
      'package.json': core,
      'src/billing/billing.module.ts': text,
      'src/other.ts': 'export const x = 1\n',
    }
    await expect(findings(files)).resolves.toEqual([])
  })

  it('declares names that objects have from the start', async () => {
    const report = await modules({
      'package.json': core,
      'src/a/a.module.ts': manifest(
        'constructor',
        "reads: { __proto__: ['x'], toString: ['y'] }, tables: ['hasOwnProperty']",
      ),
    })
    expect(report.modules[0]).toMatchObject({ name: 'constructor', tables: ['hasOwnProperty'] })
  })
})

it('a package.json full of nonsense is no reason to stop', async () => {
  const nonsense = '{ "name": 7, "workspaces": { "packages": 3 }, "exports": [null, {"x": []}], "dependencies": "all" }'
  expect(await findings({ 'package.json': nonsense, 'src/x.ts': 'export const x = 1\n' })).toEqual([])
})

it('tells domain packages for a tree of Python', async () => {
  const report = await modules({
    'shop/__init__.py': '',
    'shop/orders/__init__.py': 'from shop.billing import charge\n',
    'shop/billing/__init__.py': 'charge = 1\n',
    'shop/users/__init__.py': 'x = 1\n',
  })
  expect(report.modules.map(({ name }) => name)).toEqual(['shop.billing', 'shop.orders', 'shop.users'])
  expect(report.arrows).toMatchObject([{ from: 'shop.orders', to: 'shop.billing', imports: 1 }])
})
