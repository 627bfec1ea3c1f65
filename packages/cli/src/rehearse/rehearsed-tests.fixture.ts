// The tests of the rehearsed application, as a program: `all` buys and asks once, `fails` fails elsewhere only.
import assert from 'node:assert/strict'
import { startTestApp } from '@footing/core/testing'
import { app } from './rehearsed.fixture.ts'

const running = await startTestApp(app, { pooled: false })
try {
  const answer = await fetch(`${running.url}/v1/buy`, { method: 'POST' })
  assert.equal(answer.status, 200)
  if (process.argv[2] === 'once') await running.app.ports.till.once({ id: 1 })
  if (process.argv[2] === 'fails') assert.equal(process.env.FOOTING_PLACE, undefined)
  if (process.argv[2] === 'fails-anyway') assert.fail('on purpose')
} finally {
  await running.stop()
}
