import { expect, test } from 'vitest'
import { defaultPasswordCost, hashPassword, isOutdatedHash, passwordMatches } from './password.ts'

const quick = { logN: 4, r: 8, p: 1 }

test('a hash belongs to its password only, and two hashes of one password differ', async () => {
  const first = await hashPassword('correct horse', quick)
  const second = await hashPassword('correct horse', quick)
  expect(first).not.toBe(second)
  expect(await passwordMatches('correct horse', first)).toBe(true)
  expect(await passwordMatches('correct horse', second)).toBe(true)
  expect(await passwordMatches('correct horsE', first)).toBe(false)
  expect(await passwordMatches('', first)).toBe(false)
})

test('the cost stands in the hash: old hashes stay valid and are known to be old', async () => {
  const old = await hashPassword('correct horse', quick)
  expect(old).toMatch(/^scrypt\$4\$8\$1\$/)
  expect(await passwordMatches('correct horse', old, defaultPasswordCost)).toBe(true)
  expect(isOutdatedHash(old)).toBe(true)
  expect(isOutdatedHash(old, quick)).toBe(false)
  expect(isOutdatedHash(await hashPassword('correct horse'))).toBe(false)
})

test.each([undefined, '', 'scrypt$4$8$1$short$short', 'plain text', 'scrypt$99$8$1$AAAAAAAAAAAAAAAAAAAAAA$'])(
  'no account or a damaged hash (%j) matches nothing and does not throw',
  async (hash) => {
    expect(await passwordMatches('correct horse', hash, quick)).toBe(false)
  },
)

test('an unknown account costs as much work as a known one', async () => {
  const hash = await hashPassword('correct horse')
  const known = await cpuOfProcess(() => passwordMatches('wrong horse', hash))
  const unknown = await cpuOfProcess(() => passwordMatches('wrong horse', undefined))
  expect(unknown / known).toBeGreaterThan(0.5)
  expect(unknown / known).toBeLessThan(2)
})

test('composed and decomposed letters are the same password', async () => {
  expect(await passwordMatches('cafe\u0301', await hashPassword('caf\u00e9', quick))).toBe(true)
})

test('hashing leaves the event loop free', async () => {
  const alone = await cpuOfThisThread(() => Promise.resolve())
  const hashing = await cpuOfThisThread(() => hashPassword('correct horse'))
  // One hash burns tens of milliseconds; on the event loop's own thread next to nothing of it may be seen.
  expect(hashing.busyMs - alone.busyMs).toBeLessThan(hashing.wallMs / 2)
})

/** Microseconds of processor time of all threads: the work is done outside of JavaScript. */
async function cpuOfProcess(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

async function cpuOfThisThread(work: () => Promise<unknown>): Promise<{ busyMs: number; wallMs: number }> {
  const utilization = performance.eventLoopUtilization()
  const start = performance.now()
  await work()
  const wallMs = performance.now() - start
  const busyMs = performance.eventLoopUtilization(utilization).active
  return { busyMs, wallMs }
}
