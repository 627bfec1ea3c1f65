// JSON as a type: what crosses a wire, a log and a process.

/** A value that JSON carries without loss. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject

/** An object of JSON values. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined
}
