import { configDefaults, defineConfig, mergeConfig } from 'vitest/config'
import common from './vitest.config.ts'

// What needs a PgBouncer that the packages of this machine may not have: npm run test:newer-pooler.
const { include: _tests, exclude: _apart, ...test } = common.test ?? {}
export default mergeConfig(
  { ...common, test },
  defineConfig({ test: { include: ['packages/**/newer-pgbouncer.test.ts'], exclude: configDefaults.exclude } }),
)
