// Shows on real processes that kill-worker calls each planted fault by its name, and that a right system passes time after time.
// Run: npm run test:drills, or with names: npm run test:drills -- reorder deliver-twice right=3   (about a minute for each run)
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const command = `${root}packages/cli/bin/footing.js`
const application = fileURLToPath(new URL('../packages/cli/src/drill/drilled.fixture.ts', import.meta.url))
const planted = [
  'answer-before-commit',
  'acknowledge-before-commit',
  'lose-one-in-500',
  'deliver-twice',
  'deliver-before-commit',
  'forget-a-rollback',
  'forget-a-retry',
  'swallow-the-dead-letter',
  'drop-the-rest-at-drain',
  'lose-on-restart',
  'reorder',
  'ignore-a-stale-attempt',
  'fire-a-tick-twice',
  'skip-a-tick',
  'forget-the-record',
]
/** Only a pause that is longer than a lease makes an attempt stale, and only a longer run has one. */
const slow = new Set(['ignore-a-stale-attempt'])

interface Report {
  readonly outcome: string
  readonly tookMs: number
  readonly verdicts: readonly { readonly claim: string; readonly outcome: string; readonly suspect?: string }[]
}

const asked = process.argv.slice(2)
const names = asked.filter((name) => planted.includes(name))
const rights = Number(asked.find((name) => name.startsWith('right='))?.slice(6) ?? (names.length > 0 ? 0 : 20))
let failed = 0
for (const name of asked.length === 0 ? planted : names) {
  const report = await drill(1, ['--sabotage', name], slow.has(name) ? '100s' : '45s')
  const suspects = report.verdicts.flatMap(({ suspect }) => suspect ?? [])
  tell(name, report, suspects.includes(name), `named: ${[...new Set(suspects)].join(', ') || 'nothing'}`)
}
for (let seed = 1; seed <= rights; seed += 1) {
  const report = await drill(seed, [], '45s')
  const broken = report.verdicts.filter(({ outcome }) => outcome === 'broken').map(({ claim }) => claim)
  tell(`a right system, seed ${seed}`, report, broken.length === 0, `broken: ${broken.join(', ') || 'nothing'}`)
}
process.exitCode = failed === 0 ? 0 : 1

async function drill(seed: number, options: readonly string[], budget: string): Promise<Report> {
  const args = ['drill', 'kill-worker', application, '--json', '--kills', '8', '--workers', '2', '--seed', String(seed)]
  // What is broken or not exercised ends with a code of its own and has its report all the same.
  const { stdout } = await run(process.execPath, [command, ...args, '--budget', budget, ...options], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error: unknown) => {
    if (typeof error === 'object' && error !== null && 'stdout' in error && error.stdout !== '') {
      return { stdout: String(error.stdout) }
    }
    throw error
  })
  return JSON.parse(stdout) as Report // the command's own document
}

function tell(name: string, { tookMs }: Report, good: boolean, words: string): void {
  if (!good) failed += 1
  process.stdout.write(`${good ? 'ok  ' : 'FAIL'} ${name} (${Math.round(tookMs / 1000)} s), ${words}\n`)
}
