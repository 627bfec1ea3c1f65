// What every kind of first version has in common: names in their three spellings, files, and what is left to do by hand.

/** A name in the spellings that templates need. */
export interface Spelling {
  /** `order-lines`: files. */
  readonly kebab: string
  /** `orderLines`: values. */
  readonly camel: string
  /** `OrderLines`: types. */
  readonly pascal: string
  /** `order_lines`: modules and tables. */
  readonly snake: string
}

/** A file to be written; an existing one is never replaced. */
export interface GeneratedFile {
  /** From the folder that the command works in. */
  readonly path: string
  readonly text: string
}

/** A line that is added to a file that exists. */
export interface AddedLine {
  readonly path: string
  /** The line before which it is put. */
  readonly before: string
  readonly line: string
}

/** The first version of something. */
export interface FirstVersion {
  readonly files: readonly GeneratedFile[]
  readonly lines?: readonly AddedLine[]
  /** What to do next, as commands or sentences. */
  readonly next: readonly string[]
}

/** One kind of thing that can be generated. */
export interface GeneratedKind {
  readonly name: string
  readonly summary: string
  /** True where it only makes sense in a clone of Footing itself. */
  readonly ofFooting: boolean
  /** `rule` takes `decision/name`. */
  readonly takesDecision?: true
  make(name: Spelling, decision: string): FirstVersion
}

/** The spellings of `order-lines`. */
export function spellingOf(kebab: string): Spelling {
  const pascal = kebab.replace(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  return {
    kebab,
    camel: pascal.charAt(0).toLowerCase() + pascal.slice(1),
    pascal,
    snake: kebab.replaceAll('-', '_'),
  }
}
