import { configDefaults, defineConfig, mergeConfig } from 'vitest/config'
import common from './vitest.config.ts'

// What reads the archive with DuckDB, which no package of this project brings: npm run test:duckdb.
const { include: _tests, exclude: _apart, ...test } = common.test ?? {}
export default mergeConfig(
  { ...common, test },
  defineConfig({ test: { include: ['packages/**/other-readers.test.ts'], exclude: configDefaults.exclude } }),
)
