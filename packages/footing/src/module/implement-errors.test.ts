// Where the compiler points when an implementation does not do what its manifest says: at the method, not at implement(…).
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
mkdirSync(join(root, '.footing'), { recursive: true })
const folder = mkdtempSync(join(root, '.footing', 'implement-errors-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const manifest = `
import { defineModule, event, implement, op, respond, route, type Implementation } from '@footing/core'
import { z } from 'zod'
const shop = defineModule('shop', {
  owner: '@acme/shop',
  port: { price: op({ in: z.object({ item: z.string() }), out: z.object({ cents: z.int() }) }), stock: op({ out: z.int() }) },
  events: { sold: event(z.object({ item: z.string() })) },
})
`

/** Implementations with one fault each, in the line that has the mark. */
const faults: Readonly<Record<string, string>> = {
  'a result of the wrong type, in a function with a body': `
export const shopModule = implement(shop, ({ log }): Implementation<typeof shop> => {
  log.info('made')
  return {
    port: {
      price: async ({ item }) => ({ cents: item }), // here
      stock: async () => 1,
    },
  }
})`,
  'a result of the wrong type, in an expression': `
export const shopModule = implement(shop, () => ({
  port: {
    price: async ({ item }) => ({ cents: item.length }),
    stock: async () => 'many', // here
  },
}))`,
  'a method that returns nothing': `
export const shopModule = implement(shop, (): Implementation<typeof shop> => {
  return {
    port: {
      async price() {}, // here
      stock: async () => 1,
    },
  }
})`,
  'an operation that is missing': `
export const shopModule = implement(shop, (): Implementation<typeof shop> => {
  return {
    port: { // here
      stock: async () => 1,
    },
  }
})`,
  'an operation that is misspelt': `
export const shopModule = implement(shop, (): Implementation<typeof shop> => {
  return {
    port: {
      price: async () => ({ cents: 1 }),
      stock: async () => 1,
      stok: async () => 1, // here
    },
  }
})`,
  'an event that nobody announces': `
export const shopModule = implement(shop, (): Implementation<typeof shop> => {
  return {
    port: { price: async () => ({ cents: 1 }), stock: async () => 1 },
    on: {
      'shop.sould': async () => {}, // here
    },
  }
})`,
  'a field that an input does not have': `
export const shopModule = implement(shop, (): Implementation<typeof shop> => {
  return {
    port: {
      price: async ({ name }) => ({ cents: name.length }), // here
      stock: async () => 1,
    },
  }
})`,
  'a route whose mapping lacks a field': `
export const routes = [
  route({
    method: 'GET',
    path: '/price',
    auth: 'none',
    call: shop.port.price,
    input: () => ({ thing: 'x' }), // here
  }),
]`,
  'a route that answers with something else': `
export const routes = [
  route({
    method: 'GET',
    path: '/price',
    auth: 'none',
    out: z.object({ cents: z.int() }),
    handle: async () => ({ cents: 'x' }), // here
  }),
]`,
  'a route that answers with a status that it does not declare': `
export const routes = [
  route({
    method: 'GET',
    path: '/price',
    auth: 'none',
    out: z.object({ cents: z.int() }),
    handle: async () => respond(201, { cents: 1 }), // here
  }),
]`,
}

test('a fault of an implementation is shown in its own line', { timeout: 120_000 }, () => {
  const names = Object.keys(faults)
  for (const [index, name] of names.entries()) writeFileSync(join(folder, `fault-${index}.ts`), manifest + faults[name])
  const compilerOptions = {
    composite: false,
    declaration: false,
    declarationMap: false,
    sourceMap: false,
    noEmit: true,
  }
  const more = { noUnusedLocals: false, types: ['node'], typeRoots: ['../../node_modules/@types'] }
  const settings = {
    extends: '../../tsconfig.base.json',
    compilerOptions: { ...compilerOptions, ...more },
    include: ['*.ts'],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings))
  const { stdout } = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), ['--pretty', 'false', '-p', folder], {
    encoding: 'utf8',
    cwd: folder,
  })
  const found = [...stdout.matchAll(/^fault-(\d+)\.ts\((\d+),\d+\): error/gm)].map(
    ([, index, line]) => `${names[Number(index)]}: line ${line}`,
  )
  const expected = names.map((name) => {
    const lines = (manifest + faults[name]).split('\n')
    return `${name}: line ${lines.findIndex((line) => line.endsWith('// here')) + 1}`
  })
  expect([...new Set(found)].toSorted(), stdout).toEqual(expected.toSorted())
})
