import { configDefaults, defineConfig } from 'vitest/config'

// Tests run against the sources: the "@footing/source" condition makes packages resolve to src, not dist.
export default defineConfig({
  ssr: { resolve: { conditions: ['@footing/source'], externalConditions: ['@footing/source'] } },
  resolve: { conditions: ['@footing/source'] },
  test: {
    globalSetup: ['scripts/test-servers.ts'],
    include: ['packages/**/*.test.ts', 'examples/**/*.test.ts', 'scripts/**/*.test.ts'],
    // Need programs that not every machine can have: npm run test:newer-pooler, npm run test:clickhouse, npm run test:duckdb.
    exclude: [
      ...configDefaults.exclude,
      '**/newer-pgbouncer.test.ts',
      '**/clickhouse-store.test.ts',
      '**/other-readers.test.ts',
    ],
    reporters: ['default', './scripts/closing-line.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
  },
})
