// Four replicas with clocks up to three minutes apart, moved by faketime, and a kill every few seconds: npm run test:cron-skew
import { spawnSync } from 'node:child_process'

const { status } = spawnSync('faketime', ['--version'], { stdio: 'ignore' })
if (status === 0) {
  const env = { FOOTING_CRON_SECONDS: '120', FOOTING_CRON_KILLS: '20', FOOTING_FAKETIME: 'faketime', ...process.env }
  const args = ['run', 'packages/footing/src/cron/replicas.test.ts']
  process.exitCode = spawnSync('vitest', args, { stdio: 'inherit', env }).status ?? 1
} else {
  process.stderr.write('There is no faketime. It is a package of most systems: apt-get install faketime.\n')
  process.exitCode = 2
}
