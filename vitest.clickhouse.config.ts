import { configDefaults, defineConfig, mergeConfig } from 'vitest/config'
import common from './vitest.config.ts'

// What needs a ClickHouse, which no package of this project brings: npm run test:clickhouse.
const { include: _tests, exclude: _apart, ...test } = common.test ?? {}
export default mergeConfig(
  { ...common, test },
  defineConfig({
    test: {
      include: ['packages/**/clickhouse-store.test.ts', 'packages/footing/src/analytics/capability.test.ts'],
      exclude: configDefaults.exclude,
    },
  }),
)
