// What goes to a thread and what comes back.
import type { FootingErrorJson } from '@footing/kernel'

/** One piece of work. */
export interface Task {
  /** Of the file that exports the function. */
  readonly url: string
  readonly name: string
  readonly args: readonly unknown[]
}

/** An error that crossed. */
export interface PackedError {
  readonly name: string
  readonly message: string
  readonly stack?: string
  readonly code?: string
  /** When it was a coded error. */
  readonly coded?: FootingErrorJson
}

/** How it went. */
export type TaskResult = { readonly value: unknown } | { readonly error: PackedError } | { readonly missing: true }
