// The database as a capability: PostgreSQL behind a pooler, opened when a module has tables.
import { defineCapability } from '../capability/capability.ts'
import { optionalSetting, setting } from '../module/setting.ts'
import { urlsWith, urlWith, wholeNumber, yesOrNo } from '../module/text-schema.ts'
import type { Database, DataSource } from './contract/contract.ts'
import { type DataSourceOptions, openDataSource } from './data-source.ts'
import { edgeDatabase } from './edge-database.ts'
import { databaseScope } from './work-scope.ts'

/** The settings of an application that has tables. */
export const databaseSettings = {
  DATABASE_URL: setting({
    schema: urlWith('postgres', 'postgresql'),
    secret: true,
    summary: 'where the database is: PgBouncer in transaction mode, or PostgreSQL itself',
  }),
  DATABASE_POOL_SIZE: setting({
    schema: wholeNumber(1, 1000),
    default: 10,
    summary: 'most connections of this process',
  }),
  DATABASE_PREPARED_STATEMENTS: setting({
    schema: wholeNumber(0, 10_000),
    default: 100,
    summary: 'most statements that one connection keeps prepared, where the pooler allows it; 0 for none',
  }),
  DATABASE_REHEARSAL: optionalSetting({
    schema: yesOrNo(),
    summary: 'true gives each statement another connection, as a pooler does; the default in development',
  }),
  DATABASE_REPLICA_URLS: optionalSetting({
    schema: urlsWith('postgres', 'postgresql'),
    secret: true,
    summary: 'streaming replicas, separated by commas; reads that allow it go there',
  }),
  DATABASE_PROCESSES: setting({
    schema: wholeNumber(1, 10_000),
    default: 1,
    summary: 'processes of this application that share the database; start-up says when they cannot fit',
  }),
} as const

/** PostgreSQL; `kit.database<Tables>()`. */
export const dataCapability = defineCapability<typeof databaseSettings, DataSource>({
  name: 'data',
  summary: 'tables of the modules in PostgreSQL, behind a pooler, with replicas',
  settings: databaseSettings,
  guarantees: ['transactional', 'durable', 'replicas'],
  wanted: ({ places }) => places.local.some(({ tables, migrations }) => tables.length > 0 || migrations !== undefined),
  driver: ({ DATABASE_REPLICA_URLS }) => ({
    driver: 'postgresql',
    from: 'DATABASE_URL',
    guarantees: { transactional: true, durable: true, replicas: DATABASE_REPLICA_URLS?.length ?? 0 },
  }),
  async open(values, { app, clock, profile, extensionsOf }) {
    // What other capabilities add are options of the data source, such as hooks.
    const added = extensionsOf('data') as readonly Partial<DataSourceOptions>[]
    const data = openDataSource({
      url: values.DATABASE_URL,
      poolSize: values.DATABASE_POOL_SIZE,
      replicaUrls: values.DATABASE_REPLICA_URLS ?? [],
      // What a pooler would break should break on the first day.
      rehearsal: values.DATABASE_REHEARSAL ?? profile === 'development',
      preparedStatements: values.DATABASE_PREPARED_STATEMENTS,
      scope: databaseScope,
      clock,
      applicationName: app.name,
      ...Object.assign({}, ...added),
    })
    await data.ping()
    return data
  },
  kit: (data, { manifest: { name }, elsewhere }) => ({
    database: <Tables>(): Database<Tables> => {
      if (elsewhere) return edgeDatabase<Tables>(name)
      if (data === undefined) {
        throw new TypeError(
          `The module ${name}: its code asks for a database, but no manifest names tables or migrations.`,
        )
      }
      return data.forModule<Tables>(name)
    },
  }),
  // Too many connections are refused on the busiest day; the sum is known at start.
  async start(data, { values, log }) {
    const processes = values.DATABASE_PROCESSES
    if (typeof processes !== 'number') return
    const { fits, advice, wanted, available } = await data.sizing(processes)
    if (!fits) log.warn(advice, { wanted, available })
  },
  health: async (data) => {
    await data.ping()
    return 'ok'
  },
  close: (data) => data.close(),
})
