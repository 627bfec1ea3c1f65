// Adds up what all applications of a rehearsal have noted, on both sides of the wire.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { OperationNotes, RehearsalNotes, RouteNotes } from '@footing/core/testing'

/** Reads the folder; a rehearsal in which nothing crossed the wire has none. */
export function readNotes(folder: string): RehearsalNotes {
  let files: readonly string[] = []
  try {
    files = readdirSync(folder)
  } catch {
    // Nothing was noted.
  }
  const all = files.map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as RehearsalNotes) // our own files
  const calls: Record<string, OperationNotes> = {}
  const routes = new Map<string, RouteNotes>()
  const faults: Record<string, { count: number; place: string }> = {}
  const disturbed = { duplicates: 0, lost: 0, restarts: 0 }
  for (const notes of all) {
    for (const [label, one] of Object.entries(notes.calls)) calls[label] = addOperation(calls[label], one)
    for (const one of notes.routes) routes.set(one.route, addRoute(routes.get(one.route), one))
    for (const [code, { count, place }] of Object.entries(notes.faults)) {
      faults[code] = { count: (faults[code]?.count ?? 0) + count, place }
    }
    disturbed.duplicates += notes.disturbed.duplicates
    disturbed.lost += notes.disturbed.lost
    disturbed.restarts += notes.disturbed.restarts
  }
  const sorted = Object.fromEntries(Object.entries(calls).toSorted(([left], [right]) => (left < right ? -1 : 1)))
  return { calls: sorted, routes: [...routes.values()].toSorted(byCalls), disturbed, faults }
}

function byCalls(left: RouteNotes, right: RouteNotes): number {
  return right.calls / right.requests - left.calls / left.requests || (left.route < right.route ? -1 : 1)
}

function addOperation(sum: OperationNotes | undefined, one: OperationNotes): OperationNotes {
  if (sum === undefined) return one
  return {
    idempotent: one.idempotent,
    calls: sum.calls + one.calls,
    totalMs: sum.totalMs + one.totalMs,
    slowestMs: Math.max(sum.slowestMs, one.slowestMs),
    seconds: sum.seconds + one.seconds,
    codes: addCounts(sum.codes, one.codes),
    secondFailed: addCounts(sum.secondFailed, one.secondFailed),
    secondDiffered: sum.secondDiffered + one.secondDiffered,
    repeatedByCaller: sum.repeatedByCaller + one.repeatedByCaller,
    shared: sum.shared ?? one.shared,
  }
}

function addRoute(sum: RouteNotes | undefined, one: RouteNotes): RouteNotes {
  if (sum === undefined) return one
  const { mostOfOne, operation } = one.mostOfOne > sum.mostOfOne ? one : sum
  return {
    route: one.route,
    requests: sum.requests + one.requests,
    calls: sum.calls + one.calls,
    most: Math.max(sum.most, one.most),
    mostOfOne,
    operation,
  }
}

function addCounts(left: Readonly<Record<string, number>>, right: Readonly<Record<string, number>>) {
  const sum = { ...left }
  for (const [key, count] of Object.entries(right)) sum[key] = (sum[key] ?? 0) + count
  return sum
}
