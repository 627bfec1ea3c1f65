// Reads the files of the archive with DuckDB, which is 70 MB and therefore no part of this project's packages: npm run test:duckdb
// Other words are run in place of the test: npm run test:duckdb -- node --conditions=@footing/source benchmarks/archive-parquet.ts
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const folder = process.env.FOOTING_DUCKDB
if (folder === undefined || !existsSync(join(folder, 'node_modules', '@duckdb', 'node-api'))) {
  process.stderr.write(
    'There is no DuckDB to read with. Install it into a folder outside of the project and name that:\n' +
      '  npm install --prefix ~/duckdb @duckdb/node-api@1.5.6-r.1 && FOOTING_DUCKDB=~/duckdb npm run test:duckdb\n',
  )
  process.exitCode = 2
} else {
  const [program = 'vitest', ...words] = process.argv.slice(2)
  const args = process.argv.length > 2 ? words : ['run', '--config', 'vitest.duckdb.config.ts']
  process.exitCode = spawnSync(program, args, { stdio: 'inherit' }).status ?? 1
}
