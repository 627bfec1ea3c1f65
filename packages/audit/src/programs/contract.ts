// What a repository builds and runs: servers, workers, command lines, front ends, libraries; each with its evidence.
import type { Place } from '../facts/place.ts'

/**
 * What a program is. The first four serve: they run unattended, several at once, and what they lose is somebody's. The
 * others are judged apart, by the rules that fit them, and are no part of a verdict.
 */
export type ProgramKind = 'server' | 'worker' | 'front end' | 'command line' | 'library' | 'script' | 'evaluation'

/** Kinds that a verdict speaks of. */
export const SERVING_KINDS: readonly ProgramKind[] = ['server', 'worker']

/** Why we believe that there is such a program. */
export interface ProgramEvidence {
  /** In words: "`gunicorn` starts `keep.api.api`", "depends on `react`". */
  readonly what: string
  readonly place: Place
}

/** One program. */
export interface BuiltProgram {
  readonly kind: ProgramKind
  /** What people call it: name of the package, or its folder. */
  readonly name: string
  /** Folder below the root, '' for the root. */
  readonly folder: string
  /** What it is made with: `FastAPI`, `Celery`, `React`. */
  readonly madeWith: readonly string[]
  /** Source files that only this program, or it first, loads. */
  readonly files: number
  readonly lines: number
  readonly routes: number
  readonly tasks: number
  readonly evidence: readonly ProgramEvidence[]
}

/** A place that registers a handler that could not be followed. */
export interface LostRegistration {
  readonly place: Place
  /** As people write it: `POST /orders`. */
  readonly label: string
}

/** Registrations of handlers: those that lead to a function of the tree, and those that lead nowhere. */
export interface Registrations {
  readonly found: number
  readonly lost: number
  /** The first of the lost ones, for the report. */
  readonly examples: readonly LostRegistration[]
}

/** Everything that the repository builds and runs. JSON carries it unchanged. */
export interface Inventory {
  /** Serving ones first, then by size. */
  readonly programs: readonly BuiltProgram[]
  readonly registrations: Registrations
  /** Source files that no program was found to load, judged with the servers. */
  readonly unplaced: number
  /** Files of tests, migrations, examples and stubs. */
  readonly beside: number
}

/** The inventory of a run that takes none. */
export const NO_INVENTORY: Inventory = {
  programs: [],
  registrations: { found: 0, lost: 0, examples: [] },
  unplaced: 0,
  beside: 0,
}
