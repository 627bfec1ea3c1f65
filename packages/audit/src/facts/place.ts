// Where something is, and how sure we are of it: what every later step says of a place of the source.

/** A place in the audited tree. */
export interface Place {
  readonly path: string
  readonly line: number
}

/**
 * How sure a resolution is. `definite`: through real definitions to a listed name. `probable`: the receiver's type is
 * inferred from an annotation, constructor, return annotation or provider. `possible`: by name only.
 */
export type Confidence = 'definite' | 'probable' | 'possible'
