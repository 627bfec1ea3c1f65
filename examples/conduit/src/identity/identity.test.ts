import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningConduit, startConduit } from '../specification/running-conduit.ts'

let conduit: RunningConduit

beforeAll(async () => {
  conduit = await startConduit()
})

afterAll(() => conduit?.stop())

test('after any sequence of follow and unfollow, what counts is the last one for each author', async () => {
  const reader = await conduit.newcomer('reader')
  const names: string[] = []
  for (const _each of [1, 2, 3]) names.push((await conduit.newcomer('author')).username)
  const { id: followerId } = (await conduit.ports.identity.logIn(reader)).account
  const step = fc.record({ author: fc.constantFrom(...names), follow: fc.boolean() })

  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      for (const username of names) await conduit.ports.identity.unfollow({ username, followerId })
      for (const { author: username, follow } of steps) {
        const after = await conduit.ports.identity[follow ? 'follow' : 'unfollow']({ username, followerId })
        expect(after.following).toBe(follow)
      }
      for (const username of names) {
        const last = steps.findLast(({ author }) => author === username)
        const { following } = await conduit.ports.identity.profile({ username, viewerId: followerId })
        expect(following).toBe(last?.follow ?? false)
      }
    }),
    { numRuns: 40 },
  )
})

test('the port refuses what is not in its schema, also without HTTP', async () => {
  const identity = conduit.ports.identity
  await expect(identity.register({ username: '', email: 'x', password: 'short' })).rejects.toMatchObject({
    code: 'invalid-input',
  })
  await expect(identity.account({ id: '1; drop table account' })).rejects.toMatchObject({ code: 'invalid-input' })
  await expect(identity.profiles({ ids: Array.from({ length: 101 }, () => '1') })).rejects.toMatchObject({
    code: 'invalid-input',
  })
})

test('many profiles cost one statement, none cost nothing', async () => {
  const ids = ['1', '2', '3', '4']
  conduit.queries.reset()
  expect(await conduit.ports.identity.profiles({ ids })).toHaveLength(4)
  expect(conduit.queries.count()).toBe(1)
  expect(await conduit.ports.identity.profiles({ ids: [] })).toEqual([])
  expect(conduit.queries.count()).toBe(1)
})
