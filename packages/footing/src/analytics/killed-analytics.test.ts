// kill -9 of a process that stores events, twenty times: what flush acknowledged is there, and nothing is there twice.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../testing/test-database.ts'

const program = fileURLToPath(new URL('./killed-process.fixture.ts', import.meta.url))

// One process, killed at a random moment, and what it had said until then.
async function killOne(url: string, first: number): Promise<number> {
  const args = ['--conditions=@footing/source', program, url, String(first)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (chunk) => {
    said += String(chunk)
  })
  const closed = once(child, 'close')
  await once(child.stdout, 'data')
  // Not a wait for anything: the point at which it dies is what is random here.
  await delay(Math.random() * 60)
  child.kill('SIGKILL')
  await closed
  return Number(said.slice(0, said.lastIndexOf('\n')).split('\n').at(-1))
}

test('twenty processes, two at once, killed in the middle of storing', { timeout: 120_000 }, async () => {
  const database = await createTestDatabase()
  let acknowledged = 0
  let beyond = 0
  for (let kill = 0; kill < 20; kill += 2) {
    const firsts = [kill * 1_000_000, (kill + 1) * 1_000_000]
    const lasts = await Promise.all(firsts.map((first) => killOne(database.url, first)))
    for (const [lane, first] of firsts.entries()) {
      const last = lasts[lane] ?? 0
      const [found] = await database.query(
        `select count(*)::int as stored, count(distinct d_number)::int as numbers,
                count(*) filter (where d_number < $2)::int as acknowledged
         from footing_analytics.event_killed where d_number >= $1 and d_number < $1 + 1000000`,
        [first, last],
      )
      expect(found?.numbers).toBe(found?.stored)
      expect(found?.acknowledged).toBe(last - first)
      acknowledged += last - first
      beyond += Number(found?.stored) - (last - first)
    }
  }
  expect(acknowledged).toBeGreaterThanOrEqual(20 * 70)
  // Some died between a commit and its acknowledgement, so that this was tried at all.
  expect(beyond).toBeGreaterThan(0)
  await database.drop()
})
