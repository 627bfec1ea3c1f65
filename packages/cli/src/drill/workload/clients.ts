// The load: clients that ask for changes with jobs and events, one after the other, and write down what they were told.
import { setTimeout as delay } from 'node:timers/promises'
import type { Answer, Operation, OperationKind, OperationPlan } from '../judge/history.ts'
import type { ClientLedger } from './client-ledger.ts'
import { type Chance, chance } from './random.ts'

/** What the load consists of. */
export interface LoadOptions {
  /** Address of the probe. */
  readonly url: string
  readonly clients: number
  readonly seed: number
  /** Kinds that the application's promises are about. */
  readonly kinds: readonly OperationKind[]
  readonly ledger: ClientLedger
  readonly signal: AbortSignal
}

/** How the handlers are meant to behave at the moment: long pauses give a fault something to meet. */
export interface LoadMood {
  /** Longest stay between effect and settlement, in milliseconds. */
  pauseMs: number
  /** True while so much waits that more of it would only measure the queue. */
  crowded: boolean
  /** Part of the jobs whose second attempt fails. */
  secondFails: number
}

const requestMs = 20_000
const thinkMs = [30, 170] as const

/** Runs clients until the signal aborts; resolves when all have their last answer. */
export async function runClients(options: LoadOptions, mood: LoadMood): Promise<void> {
  await Promise.all(Array.from({ length: options.clients }, (_, index) => runClient(options, mood, index)))
}

async function runClient({ url, seed, kinds, ledger, signal }: LoadOptions, mood: LoadMood, index: number) {
  const random = chance(seed, index + 1)
  let life = 0
  let place = 0
  for (let count = 0; !signal.aborted; count += 1) {
    place += 1
    const operation = makeOperation(random, kinds, mood, `${seed}-${index}-${count}`, `${index}.${life}`, place)
    ledger.intend(operation, Date.now())
    const { answer, fault } = await send(url, operation)
    ledger.settle(operation.id, answer, Date.now(), fault)
    if (answer === 'unknown') {
      // It may be committed after the next one: the order of this key can no longer be known.
      life += 1
      place = 0
    }
    const think = random.between(...thinkMs)
    // Who gets no answer looks again a little later, as a user does.
    const wait = answer === 'unknown' ? think + 400 : mood.crowded ? think * 6 : think
    await delay(wait, undefined, { signal }).catch(() => undefined)
  }
}

function makeOperation(
  random: Chance,
  kinds: readonly OperationKind[],
  mood: LoadMood,
  id: string,
  key: string,
  place: number,
): Operation {
  // Jobs, which can fail and be repeated in more ways, are half of the load; plain changes are the least of it.
  const share = random.next()
  const wanted: OperationKind = share < 0.5 ? 'job' : share < 0.9 ? 'event' : 'change'
  const kind = kinds.includes(wanted) ? wanted : (kinds.find((one) => one !== 'change') ?? 'change')
  const stays = random.next() < (kind === 'job' ? 0.6 : 0.12)
  const pauseMs = kind === 'change' || !stays ? 0 : random.between(20, kind === 'job' ? mood.pauseMs : 80)
  return { id, kind, plan: planOf(random, kind, mood), key, place, pauseMs }
}

function planOf(random: Chance, kind: OperationKind, { secondFails }: LoadMood): OperationPlan {
  const share = random.next()
  if (share < 0.06) return 'rollback'
  if (kind !== 'job') return 'plain'
  if (share < 0.1) return 'first-fails'
  if (share < 0.12) return 'poison'
  return share < 0.12 + secondFails ? 'second-fails' : 'plain'
}

/** Sends one. Only an answer of the application itself counts as knowledge. */
async function send(url: string, operation: Operation): Promise<{ readonly answer: Answer; readonly fault?: string }> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(operation),
      signal: AbortSignal.timeout(requestMs),
    })
    const text = await response.text()
    if (response.ok) return { answer: 'done' }
    if (response.status === 409) return { answer: 'refused' }
    return { answer: 'unknown', fault: `${response.status} ${codeIn(text)}`.trim() }
  } catch (error) {
    return { answer: 'unknown', fault: reasonOf(error) }
  }
}

function codeIn(text: string): string {
  return /"code":\s*"([a-z0-9-]{1,60})"/.exec(text)?.[1] ?? ''
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  if (cause instanceof Error && 'code' in cause) return String(cause.code)
  return error instanceof Error ? error.name : String(error)
}
