// A restart while the database is away: the old process stays and the new one is tried again.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineErrors } from '@footing/kernel'
import { afterAll, expect, test } from 'vitest'
import type { DisturbedCall } from '../../placement/disturbance.ts'
import { Rehearsal } from './rehearsal.ts'

const notes = mkdtempSync(join(tmpdir(), 'footing rehearsal '))
afterAll(() => rmSync(notes, { recursive: true }))

const texts = { what: 'w', why: 'y', remedy: 'r' }
const errors = defineErrors({
  'not-started': { status: 500, retryable: false, ...texts },
  'database-away': { status: 503, retryable: true, ...texts },
})
const call: DisturbedCall = {
  module: 'billing',
  operation: 'quote',
  idempotent: true,
  caller: undefined,
  input: undefined,
  requestId: 'r',
  route: undefined,
}
const plan = { notes, latencyMs: 0, duplicateEvery: 0, loseEvery: 0, loseAll: false, restartAfter: 1 }

test('a process that cannot start while the database is away is started again', async () => {
  const rehearsal = new Rehearsal(plan)
  let tries = 0
  rehearsal.restartBy(async () => {
    tries++
    if (tries < 3) throw errors('not-started', { cause: errors('database-away') })
    return () => undefined
  })
  for (let sent = 0; sent < 12; sent++) await rehearsal.plan(call, 1)
  expect([tries, rehearsal.notes().disturbed.restarts]).toEqual([3, 1])
  await rehearsal.close()
})

test('a process that cannot start for good is told at the end', async () => {
  const rehearsal = new Rehearsal(plan)
  rehearsal.restartBy(() => Promise.reject(errors('not-started')))
  for (let sent = 0; sent < 4; sent++) await rehearsal.plan(call, 1)
  await expect(rehearsal.close()).rejects.toMatchObject({ code: 'not-started' })
})
