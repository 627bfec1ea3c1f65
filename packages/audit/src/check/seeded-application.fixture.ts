// An application of four modules that keeps to its boundaries, and one seed for each way to break them.

/** A change to the clean application, and exactly what a check has to say about it. */
export interface Seed {
  readonly name: string
  /** Lines to add at the end of files; a file that is not there begins empty. */
  readonly add: Readonly<Record<string, readonly string[]>>
  /** A text to replace in files. */
  readonly replace?: Readonly<Record<string, readonly [string, string]>>
  /** `rule path: text of the line that is found`, in any order. */
  readonly found: readonly string[]
}

/** Files by path. */
export const CLEAN: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({
    name: 'shop',
    type: 'module',
    dependencies: { '@footing/core': '1.0.0', bullmq: '5.0.0', stripe: '18.0.0', zod: '4.0.0' },
  }),
  'tsconfig.json':
    '{\n  // aliases as many projects have them\n  "compilerOptions": { "paths": { "@shop/*": ["./src/*"] } }\n}\n',
  '.gitignore': 'generated/\n',
  'src/app.ts': `import { createApp } from '@footing/core'
import { startBilling } from './billing/billing.ts'
import { billing } from './billing/billing.module.ts'
import { startCatalog } from '@shop/catalog/catalog.ts'
import { catalog } from './catalog/catalog.module.ts'
import { startIdentity } from './identity/identity.ts'
import { identity } from './identity/identity.module.ts'
import { reports } from './reports/reports.module.ts'
export const app = createApp({ modules: [[billing, startBilling], [catalog, startCatalog], [identity, startIdentity], [reports]] })
`,
  'src/shared/money.ts': 'export const cents = (value: number) => Math.round(value * 100)\n',
  'src/catalog/catalog.module.ts': `import { defineModule, op } from '@footing/core'
export const catalog = defineModule('catalog', {
  owner: '@shop/goods',
  port: { price: op({}) },
  tables: ['item'],
})
`,
  'src/catalog/catalog.ts': `import { cents } from '../shared/money.ts'
import { items } from './item-repository.ts'
export const startCatalog = (db: any) => ({ price: (id: string) => items(db, id).then(cents) })
`,
  'src/catalog/item-repository.ts': `export const items = (db: any, id: string) => db.selectFrom('item').where('id', '=', id).execute()
export type Item = { readonly id: string }
`,
  'src/identity/identity.module.ts': `import { defineModule, op } from '@footing/core'
import { catalog } from '../catalog/catalog.module.ts'
export const identity = defineModule('identity', {
  owner: '@shop/accounts',
  needs: [catalog],
  port: { account: op({}) },
  tables: ['account'],
})
`,
  'src/identity/identity.ts': `import { accounts } from '@shop/identity/account-repository.ts'
export const startIdentity = (db: any) => ({ account: (id: string) => accounts(db, id) })
`,
  'src/identity/account-repository.ts': `import type { Account } from './account.ts'
export const accounts = (db: any, id: string): Promise<Account> => db.selectFrom('account').where('id', '=', id).execute()
`,
  'src/identity/account.ts':
    'export interface Account { readonly id: string }\nexport const nobody: Account = { id: "" }\n',
  'src/billing/billing.module.ts': `import { defineModule, op } from '@footing/core'
import { identity as accounts } from '../identity/identity.module.ts'
import type { z } from 'zod'
export const billing = defineModule('billing', {
  owner: '@shop/payments',
  needs: [accounts],
  port: { charge: op({}) },
  events: { paid: {} },
  tables: ['invoice'],
  reads: { identity: ['account_card'] },
})
export type Receipt = z.infer<never>
`,
  'src/billing/billing.ts': `import { identity } from '../identity/identity.module.ts'
import { cents } from '../shared/money.ts'
import { openStripe } from './drivers/stripe.ts'
import { invoices } from './invoice-repository.ts'
export const startBilling = (db: any) => ({ charge: (id: string) => invoices(db, id), cents, openStripe, needs: identity })
`,
  'src/billing/invoice-repository.ts': `export const invoices = (db: any, id: string) =>
  db.selectFrom('invoice').innerJoin('identity.account_card as card', 'card.id', 'invoice.account_id').where('id', '=', id).execute()
export const pay = (db: any, id: string) => db.query('update billing.invoice set paid = true where id = $1', [id])
export const lock = (tx: any, id: string) => tx.query('select pg_advisory_xact_lock($1)', [id])
`,
  'src/billing/drivers/stripe.ts': `import Stripe from 'stripe'
export const openStripe = (key: string) => new Stripe(key)
`,
  'src/billing/billing.test.ts': `import { nobody } from '../identity/account.ts'
import { items } from '../catalog/item-repository.ts'
export const tests = [nobody, items]
`,
  'src/reports/reports.module.ts': `import { defineModule } from '@footing/core'
export const reports = defineModule('reports', { owner: '@shop/insight' })
`,
}

const inner = '../identity/account-repository.ts'
const face = '../identity/identity.module.ts'

/** One seed for each kind of import and each kind of violation. */
export const SEEDS: readonly Seed[] = [
  ...importSeeds('inside', 'boundaries/deep-import', 'billing', inner, '@shop/identity/account-repository.ts'),
  ...importSeeds('need', 'boundaries/undeclared-need', 'reports', face, '@shop/identity/identity.module.ts'),
  {
    name: 'code that modules share reaches into one',
    add: { 'src/shared/money.ts': ["import { nobody } from '../identity/account.ts'", 'export const free = nobody'] },
    found: ["boundaries/deep-import src/shared/money.ts: import { nobody } from '../identity/account.ts'"],
  },
  {
    name: 'a cycle through three modules, each need declared',
    add: {
      'src/catalog/discount.ts': [
        "import { billing } from '../billing/billing.module.ts'",
        'export const discount = billing',
      ],
    },
    replace: {
      'src/catalog/catalog.module.ts': [
        "import { defineModule, op } from '@footing/core'\n",
        "import { defineModule, op } from '@footing/core'\nimport { billing } from '../billing/billing.module.ts'\n",
      ],
      'src/catalog/catalog.module.ts#': ["  owner: '@shop/goods',\n", "  owner: '@shop/goods',\n  needs: [billing],\n"],
    },
    found: [
      "boundaries/module-cycle src/identity/identity.module.ts: import { catalog } from '../catalog/catalog.module.ts'",
    ],
  },
  {
    name: 'a cycle of files inside of one module',
    add: {
      'src/reports/month.ts': ["import { year } from './year.ts'", 'export const month = () => year'],
      'src/reports/year.ts': ["import { month } from './month.ts'", 'export const year = () => month'],
    },
    found: ["boundaries/import-cycle src/reports/year.ts: import { month } from './month.ts'"],
  },
  {
    name: 'a table of another module written by a query builder',
    add: {
      'src/billing/close.ts': [
        "export const close = (db: any) => db.updateTable('account').set({ closed: true }).execute()",
      ],
    },
    found: [
      "boundaries/foreign-table-access src/billing/close.ts: export const close = (db: any) => db.updateTable('account').set({ closed: true }).execute()",
    ],
  },
  {
    name: 'a table of another module written by SQL',
    add: {
      'src/billing/erase.ts': [
        "export const erase = (db: any) => db.query('delete from identity.account where id = $1')",
      ],
    },
    found: [
      "boundaries/foreign-table-access src/billing/erase.ts: export const erase = (db: any) => db.query('delete from identity.account where id = $1')",
    ],
  },
  {
    name: 'a table of another module read without a declared read',
    add: {
      'src/billing/peek.ts': ['export const peek = (sql: any) => sql`select * from account where true`'],
    },
    found: [
      'boundaries/foreign-table-access src/billing/peek.ts: export const peek = (sql: any) => sql`select * from account where true`',
    ],
  },
  {
    name: "a vendor's SDK in the domain",
    add: {
      'src/billing/refund.ts': [
        "import Stripe from 'stripe'",
        'export const refund = (key: string) => new Stripe(key)',
      ],
    },
    found: ["reversibility/vendor-sdk-outside-driver src/billing/refund.ts: import Stripe from 'stripe'"],
  },
  {
    name: "types of a vendor's SDK in the domain",
    add: { 'src/billing/refund-type.ts': ["import type Stripe from 'stripe'", 'export type Refund = Stripe'] },
    found: ["reversibility/vendor-sdk-outside-driver src/billing/refund-type.ts: import type Stripe from 'stripe'"],
  },
  ...sessionSeeds([
    ['a setting of the session', "'set search_path to shop'"],
    ['listen', "'listen paid'"],
    ['a lock of the session', "'select pg_advisory_lock(1)'"],
    ['a temporary table', "'create temp table batch (id int)'"],
    ['a cursor that is held', "'declare c cursor with hold for select 1'"],
    ['a prepared statement', "'prepare p as select 1'"],
  ]),
  {
    name: 'a synchronous call that a handler reaches through two functions',
    add: {
      'src/billing/statement.ts': [
        "import { readFileSync } from 'node:fs'",
        "import { Worker } from 'bullmq'",
        "const template = () => readFileSync('./statement.html', 'utf8')",
        'const statement = (id: string) => template() + id',
        "new Worker('statements', async (job) => {",
        '  return statement(job.data.id)',
        '})',
      ],
    },
    found: ['async/blocking-chain-in-async src/billing/statement.ts:   return statement(job.data.id)'],
  },
  {
    name: 'a file that is not there',
    add: { 'src/reports/lost.ts': ["import { gone } from './gone.ts'", 'export const lost = gone'] },
    found: ["boundaries/unresolved-import src/reports/lost.ts: import { gone } from './gone.ts'"],
  },
  {
    name: 'an alias that leads nowhere',
    add: { 'src/reports/lost-alias.ts': ["export * from '@shop/reports/gone.ts'"] },
    found: ["boundaries/unresolved-import src/reports/lost-alias.ts: export * from '@shop/reports/gone.ts'"],
  },
  {
    name: 'a package that nobody declares',
    add: { 'src/reports/lost-package.ts': ["const pad = await import('left-pad')", 'export const lost = pad'] },
    found: ["boundaries/unresolved-import src/reports/lost-package.ts: const pad = await import('left-pad')"],
  },
]

/** SQL that outlives its statement, each in a file of its own. */
function sessionSeeds(statements: readonly (readonly [string, string])[]): Seed[] {
  return statements.map(([name, text], index) => {
    const path = `src/billing/session-${index}.ts`
    const line = `export const leak = (client: any) => client.query(${text})`
    return { name, add: { [path]: [line] }, found: [`data/session-state ${path}: ${line}`] }
  })
}

/** The same violation by every kind of import. */
function importSeeds(what: string, rule: string, module: string, target: string, alias: string): Seed[] {
  const kinds: readonly (readonly [string, string, readonly string[]])[] = [
    ['plain', 'plain.ts', [`import * as plain from '${target}'`, 'export const use = () => plain']],
    ['type-only', 'types.ts', [`import type * as Types from '${target}'`, 'export type Use = typeof Types']],
    ['type in an expression', 'in-type.ts', [`export type Use = import('${target}').Anything`]],
    ['dynamic', 'dynamic.ts', [`export const use = () => import('${target}')`]],
    ['re-export', 're-export.ts', [`export * from '${target}'`]],
    ['re-export of types', 're-export-types.ts', [`export type { Anything } from '${target}'`]],
    ['alias', 'alias.ts', [`import * as alias from '${alias}'`, 'export const use = () => alias']],
    ['require', 'legacy.cjs', [`exports.use = () => require('${target}')`]],
    ['side effect', 'effect.ts', [`import '${target}'`]],
  ]
  return kinds.map(([kind, file, lines]) => {
    const path = `src/${module}/${file}`
    return { name: `${what}: ${kind}`, add: { [path]: lines }, found: [`${rule} ${path}: ${lines[0]}`] }
  })
}

/** The files of the clean application with seeds planted in them. */
export function planted(seeds: readonly Seed[]): Record<string, string> {
  const files: Record<string, string> = { ...CLEAN }
  for (const { add, replace = {} } of seeds) {
    for (const [key, [from, to]] of Object.entries(replace)) {
      const path = key.replace(/#+$/, '')
      const text = files[path]
      if (text?.includes(from) !== true) throw new RangeError(`${path} does not hold ${from}`)
      files[path] = text.replace(from, to)
    }
    for (const [path, lines] of Object.entries(add)) files[path] = `${files[path] ?? ''}${lines.join('\n')}\n`
  }
  return files
}
