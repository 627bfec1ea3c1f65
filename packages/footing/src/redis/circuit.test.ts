import { manualClock } from '@footing/kernel'
import { expect, test } from 'vitest'
import { Circuit } from './circuit.ts'

test('opens after three failures in a row, lets one try after the pause, closes when it succeeds', async () => {
  const clock = manualClock()
  const circuit = new Circuit({ clock, random: () => 1 })
  for (const _ of [1, 2]) {
    expect(circuit.enter()).toBe(true)
    circuit.failed()
  }
  circuit.succeeded()
  for (const _ of [1, 2, 3]) {
    expect(circuit.enter()).toBe(true)
    circuit.failed()
  }
  expect(circuit.enter()).toBe(false)
  await clock.advance(249)
  expect(circuit.enter()).toBe(false)
  await clock.advance(1)
  expect(circuit.enter()).toBe(true)
  expect(circuit.enter()).toBe(false)
  circuit.succeeded()
  expect([circuit.enter(), circuit.enter(), circuit.outages]).toEqual([true, true, 1])
})

test('pauses grow to five seconds and differ by half between processes', async () => {
  const pause = async (random: number) => {
    const clock = manualClock()
    const circuit = new Circuit({ clock, random: () => random })
    for (const _ of [1, 2, 3]) circuit.failed()
    const pauses: number[] = []
    for (let round = 0; round < 8; round += 1) {
      const from = clock.monotonic()
      while (!circuit.enter()) await clock.advance(25)
      pauses.push(clock.monotonic() - from)
      circuit.failed()
    }
    return pauses
  }
  expect(await pause(1)).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000, 5000])
  expect(await pause(0)).toEqual([125, 250, 500, 1000, 2000, 2500, 2500, 2500])
})

test('an announced return ends the pause', () => {
  const circuit = new Circuit({ clock: manualClock(), random: () => 1 })
  for (const _ of [1, 2, 3]) circuit.failed()
  circuit.invite()
  expect([circuit.enter(), circuit.enter()]).toEqual([true, false])
})
