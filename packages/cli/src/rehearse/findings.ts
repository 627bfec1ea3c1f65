// What a rehearsal has shown, as data: what breaks when the module leaves, and what is worth knowing before.
import type { AnyManifest } from '@footing/core'
import type { OperationNotes, RehearsalNotes } from '@footing/core/testing'
import { counted } from '../command/counted.ts'
import type { TestFailure } from './run-tests.ts'

/** Something that breaks, or that will cost more than it looks. Its kind reads after "allow". */
export interface RehearsalFinding {
  readonly kind:
    | 'test-that-breaks'
    | 'operation-not-idempotent'
    | 'unsafe-repetition'
    | 'transaction-across-port'
    | 'unportable-value'
    | 'database-in-route'
    | 'missing-setting'
    | 'aliased-object'
    | 'chatty-calls'
  /** Test, operation or route. */
  readonly where: string
  readonly what: string
  readonly why: string
  readonly remedy: string
}

/** So many calls of one operation in one request are a loop. */
const loop = 6

const faults: Readonly<Record<string, Omit<RehearsalFinding, 'where'>>> = {
  'transaction-across-port': {
    kind: 'transaction-across-port',
    what: 'passes a database transaction to another module',
    why: 'Another process could never continue it.',
    remedy: 'Finish the transaction first, or react to an event that it emits.',
  },
  'not-portable': {
    kind: 'unportable-value',
    what: 'passes what JSON does not carry',
    why: 'The other process receives something else, or nothing.',
    remedy: 'Pass plain JSON; a time as an ISO text.',
  },
  'database-elsewhere': {
    kind: 'database-in-route',
    what: 'asks for the tables of the module outside of its operations',
    why: 'Routes and authenticate stay with the application; the tables leave with the module.',
    remedy: 'Move the query into an operation and call it by self.',
  },
  'setting-elsewhere': {
    kind: 'missing-setting',
    what: 'needs a setting of the module in the process that stays',
    why: 'Its routes and authenticate are made there.',
    remedy: 'Set it in both processes, or read it inside of an operation.',
  },
}

/** Turns notes and failed tests into findings, in an order that does not depend on time. */
export function findingsOf(
  module: string,
  notes: RehearsalNotes,
  failures: readonly TestFailure[],
  roundTripMs: number,
): readonly RehearsalFinding[] {
  const found: RehearsalFinding[] = failures.map(({ name, message }) => ({
    kind: 'test-that-breaks',
    where: name,
    what: message || 'fails',
    why: `It holds with everything in one process and fails with ${module} in another one.`,
    remedy: 'Look at the findings below first; run the test alone with --calm to see whether a disturbance matters.',
  }))
  for (const [code, { count, place }] of Object.entries(notes.faults)) {
    const fault = faults[code]
    if (fault) found.push({ ...fault, where: place, what: `${fault.what} (${counted(count, 'time')})` })
  }
  for (const [operation, call] of Object.entries(notes.calls)) {
    const second = Object.entries(call.secondFailed)
    if (failsTwice(call)) {
      found.push({
        kind: 'operation-not-idempotent',
        where: operation,
        what: `is declared idempotent, but failed when it arrived twice: ${countsOf(second)}`,
        why: 'A broken connection makes it arrive twice, and the caller is told that it failed although it did not.',
        remedy: 'Answer the second time as the first, or take `idempotent: true` away.',
      })
    }
    if (call.repeatedByCaller > 0) {
      found.push({
        kind: 'unsafe-repetition',
        where: operation,
        what: `is not idempotent and was called again ${counted(call.repeatedByCaller, 'time')} after its outcome was unknown`,
        why: 'It may have been done already, and is then done twice.',
        remedy: 'Look first whether it has happened, or make it idempotent by a key that the caller chooses.',
      })
    }
    if (call.shared !== null) {
      found.push({
        kind: 'aliased-object',
        where: operation,
        what: `was given one object in two places (${call.shared})`,
        why: 'On the other side these are two objects: what is compared or changed by identity goes wrong.',
        remedy: 'Pass an id or a copy in one of the places.',
      })
    }
  }
  for (const { route, mostOfOne, operation } of notes.routes) {
    if (mostOfOne < loop) continue
    found.push({
      kind: 'chatty-calls',
      where: route,
      what: `called ${operation} ${mostOfOne} times for one request`,
      why: `Each call takes a way there and back: ${mostOfOne} × ${roundTripMs} ms = ${mostOfOne * roundTripMs} ms when they wait for each other.`,
      remedy: 'Add an operation that takes a list, as reads in a loop get one query with many ids.',
    })
  }
  return found
}

/** What does not break and should be known. */
export function remarksOf(
  manifest: AnyManifest,
  modules: readonly AnyManifest[],
  notes: RehearsalNotes,
): readonly string[] {
  const remarks: string[] = []
  for (const [operation, call] of Object.entries(notes.calls)) {
    const { secondDiffered, secondFailed } = call
    const failed = Object.entries(secondFailed)
    if (failed.length > 0 && !failsTwice(call)) {
      remarks.push(
        `${operation} failed when it arrived a second time: ${countsOf(failed)} of ${call.seconds}; something else may have changed in between.`,
      )
    }
    if (secondDiffered > 0)
      remarks.push(
        `${operation} answers a second delivery differently (${counted(secondDiffered, 'time')}); its effect may still be the same.`,
      )
  }
  for (const reader of modules) {
    for (const [read, views] of Object.entries(reader.reads)) {
      if (read !== manifest.name && reader.name !== manifest.name) continue
      remarks.push(
        `${reader.name} reads ${views.map((view) => `${read}.${view}`).join(', ')} in the database: both processes need the same one.`,
      )
    }
  }
  for (const [operation, { idempotent }] of Object.entries(manifest.port)) {
    const label = `${manifest.name}.${operation}`
    if (!idempotent && notes.calls[label] !== undefined) {
      remarks.push(
        `${label} is not idempotent: when its connection breaks, callers get call-interrupted and have to look what happened.`,
      )
    }
  }
  return remarks
}

/** A few may fail because something else has changed in between; most do because the operation does. */
function failsTwice({ seconds, secondFailed }: OperationNotes): boolean {
  const failed = Object.values(secondFailed).reduce((sum, count) => sum + count, 0)
  return failed > 0 && failed * 2 >= seconds
}

function countsOf(entries: readonly (readonly [string, number])[]): string {
  return entries.map(([code, count]) => `${code} (${counted(count, 'time')})`).join(', ')
}
