// A module of an application: manifest, implementation, migration and a test on a real database.
import type { GeneratedKind } from './first-version.ts'

export const moduleKind: GeneratedKind = {
  name: 'module',
  summary: 'a module with a table, an operation, a route and a test',
  ofFooting: false,
  make: ({ kebab, camel, pascal, snake }) => ({
    files: [
      {
        path: `src/${kebab}/${kebab}.module.ts`,
        text: `// The manifest of ${kebab}: what others may know of it.
import { defineModule, op } from '@footing/core'
import { z } from 'zod'

export const ${pascal}Entry = z.object({ id: z.int(), text: z.string().min(1).max(200) })

export const ${camel} = defineModule('${snake}', {
  owner: '@your-team/${kebab}',
  tables: ['entry'],
  migrations: new URL('./migrations/', import.meta.url),
  port: {
    add: op({ in: ${pascal}Entry.omit({ id: true }), out: ${pascal}Entry }),
    list: op({ out: z.array(${pascal}Entry), idempotent: true }),
  },
})
`,
      },
      {
        path: `src/${kebab}/${kebab}.ts`,
        text: `// What ${kebab} does.
import { implement, route } from '@footing/core'
import type { Generated } from 'kysely'
import { ${camel} } from './${kebab}.module.ts'

/** Its tables; \`footing migrate types\` writes them from the database. */
interface Tables {
  entry: { id: Generated<number>; text: string }
}

export const ${camel}Module = implement(${camel}, ({ database }) => {
  const db = database<Tables>()
  return {
    port: {
      add: ({ text }) => db.write().insertInto('entry').values({ text }).returningAll().executeTakeFirstOrThrow(),
      list: () => db.read().selectFrom('entry').selectAll().orderBy('id').limit(100).execute(),
    },
    routes: [
      route({ method: 'POST', path: '/${kebab}', auth: 'none', call: ${camel}.port.add, input: ({ body }) => body, status: 201 }),
      route({ method: 'GET', path: '/${kebab}', auth: 'none', call: ${camel}.port.list }),
    ],
  }
})
`,
      },
      {
        path: `src/${kebab}/migrations/0001-create-entry.sql`,
        text: 'create table entry (id int generated always as identity primary key, text text not null);\n',
      },
      {
        path: `src/${kebab}/${kebab}.test.ts`,
        text: `// ${pascal} on a database of its own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApp } from '@footing/core'
import { startTestApp, stopOwnServers } from '@footing/core/testing'
import { ${camel}Module } from './${kebab}.ts'

test('what was added is listed', async () => {
  const { app, stop } = await startTestApp(createApp({ name: '${kebab}', modules: [${camel}Module] }), { pooled: false })
  try {
    const added = await app.ports.${snake}.add({ text: 'first' })
    assert.deepEqual(await app.ports.${snake}.list(), [added])
  } finally {
    await stop()
    await stopOwnServers()
  }
})
`,
      },
    ],
    next: [
      `Add ${camel}Module to \`modules\` of createApp(…) in src/app.ts, and its owner to CODEOWNERS.`,
      `node --test src/${kebab}/${kebab}.test.ts`,
    ],
  }),
}
