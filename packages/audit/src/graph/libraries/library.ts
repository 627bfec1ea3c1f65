// A library as data: which of its functions and methods wait, for what, and what they give back.

/**
 * What calling a name does, as `[cost] [async] [-> type]`.
 *
 * Cost: database, network, dns, sleep, process, file, stat, vendor, cpu or wait; absent when the call returns at once.
 * `async`: gives a coroutine. `offload`: runs a function that it is given in a thread or process.
 *
 * Type: a full name, optionally with an argument (`django.QuerySet[item]`), or one of
 * `self` the receiver, `item` its type argument, `made` an instance of the class that the method is called on,
 * `first` the type of the first argument, `first()` the result of calling it,
 * `awaitable[T]`, `list[T]`, `iter[T]`, `aiter[T]`, `context[T]`, `callable[T]`, `dict[T]`, `class=X` the class given
 * by the keyword `class` (X when it is absent) as an argument.
 */
export type Behaviour = string

/** A class of a library. Keys of `does` and `has` are names separated by spaces. */
export interface LibraryClass {
  /** Full names of other spellings, separated by spaces: where the class is defined, older homes, subclasses alike. */
  readonly also?: string
  /** Base classes of the library, separated by spaces, nearest first. */
  readonly bases?: string
  /** Methods, with the dunder names for `for`, `len()`, indexing, calling and `with`. */
  readonly does?: Readonly<Record<string, Behaviour>>
  /** Attributes and their types; on the class and on instances alike. */
  readonly has?: Readonly<Record<string, string>>
}

/** What the auditor knows of one distribution. */
export interface Library {
  readonly name: string
  readonly functions?: Readonly<Record<string, Behaviour>>
  readonly classes?: Readonly<Record<string, LibraryClass>>
}
