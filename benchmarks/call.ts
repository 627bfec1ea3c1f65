// What a call between modules costs, beside a bare async function with the same body: calls per second on one core.
// Run: node --conditions=@footing/source benchmarks/call.ts [--json]
import { defineModule, implement, op } from '@footing/core'
import { DeadlineWheel, ModuleNetwork } from '@footing/core/module'
import { systemClock } from '@footing/kernel'
import { z } from 'zod'

const Input = z.object({ id: z.string(), amount: z.number() })
const Output = z.object({ id: z.string(), total: z.number() })

const billing = defineModule('billing', {
  owner: '@acme/payments',
  port: { quote: op({ in: Input, out: Output, idempotent: true, deadline: '300ms' }) },
})

const billingModule = implement(billing, () => ({
  port: { quote: async ({ id, amount }) => ({ id, total: amount * 1.2 }) },
}))

type Quote = (input: { id: string; amount: number }) => Promise<{ id: string; total: number }>

/**
 * The port as an application binds it. `checked` is what development and tests add; `edge` is the call of a route or of another
 * process, whose answer is checked in production too.
 */
async function port(checked: boolean, edge = false): Promise<Quote> {
  const network = new ModuleNetwork([billing], { clock: systemClock, wheel: new DeadlineWheel(systemClock), checked })
  // The module uses nothing of its kit.
  network.answer('billing', (await billingModule.setup({} as never)).port)
  const bound = edge ? network.callAtEdge(billing, billing.port.quote)?.call : undefined
  return (bound ?? network.portsFor('shop', [billing]).billing?.quote) as Quote
}

const bare: Quote = async ({ id, amount }) => ({ id, total: amount * 1.2 })
const validated: Quote = async (input) => {
  const result = Input['~standard'].validate(input)
  if (result instanceof Promise || result.issues) throw new Error('invalid')
  return bare(result.value)
}

/** Calls per second of processor time, one after the other: what one core does, whatever else the machine runs. */
async function measure(call: Quote, rounds: number): Promise<number> {
  const started = process.cpuUsage()
  for (let round = 0; round < rounds; round++) await call({ id: 'a', amount: round })
  const { user, system } = process.cpuUsage(started)
  return rounds / ((user + system) / 1e6)
}

const variants: readonly [name: string, call: Quote][] = [
  ['bare async function', bare],
  ['bare + zod on the input', validated],
  ['port call, production', await port(false)],
  ['port call of a route, production', await port(false, true)],
  ['port call, development and tests', await port(true)],
]
const rounds = 100_000
const runs = 7
const best = new Map<string, number[]>(variants.map(([name]) => [name, []]))
for (const [, call] of variants) await measure(call, rounds)
// Interleaved, so that another process on the machine slows all of them alike.
for (let run = 0; run < runs; run++) {
  for (const [name, call] of variants) best.get(name)?.push(await measure(call, rounds))
}

const median = (values: readonly number[]) => values.toSorted((left, right) => left - right)[values.length >> 1] ?? 0
const base = median(best.get('bare async function') ?? [])
const results = variants.map(([name]) => {
  const perSecond = median(best.get(name) ?? [])
  return {
    name,
    perSecond: Math.round(perSecond),
    nanoseconds: Math.round(1e9 / perSecond),
    timesBare: base / perSecond,
  }
})
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(results)}\n`)
else {
  for (const { name, perSecond, nanoseconds, timesBare } of results) {
    const columns = [name.padEnd(36), `${perSecond.toLocaleString('en')}/s`.padStart(14)]
    process.stdout.write(
      `${columns.join('')}${`${nanoseconds} ns`.padStart(10)}${`×${timesBare.toFixed(1)}`.padStart(8)}\n`,
    )
  }
}
