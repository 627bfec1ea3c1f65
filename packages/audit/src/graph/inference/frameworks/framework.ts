// What a framework adds to the meaning of code beyond its functions and classes. Data: one file a framework.

/** What reading a model's field gives on an instance: a library's type, or the related model, one or many. */
export type FieldValue = { readonly gives: string } | { readonly relates: 'one' | 'many' }

/** The ways of a framework that the inference follows. Names are full names as imports write them. */
export interface Framework {
  /** Calls that stand for what their argument provides: `session = Depends(get_session)`. */
  readonly providers?: readonly string[]
  /** Base classes of models, whose fields are read as values. */
  readonly models?: readonly string[]
  /** Base classes of managers, which know the model that they hang on. */
  readonly managers?: readonly string[]
  /** Fields of models by the last part of the class's name. */
  readonly fields?: Readonly<Record<string, FieldValue>>
  /** How an attribute on the other side of a relation ends; it gives `relatedManager`. */
  readonly reverseSuffix?: string
  /** Keyword of a field that names the attribute on the other side. */
  readonly reverseKeyword?: string
  /** What stands for many related models. */
  readonly relatedManager?: string
  /** A class whose instances carry whatever anybody assigned, and the attribute that such an instance is kept in. */
  readonly store?: { readonly type: string; readonly attribute: string }
  /** Attributes that a decorator gives a function of the project, as methods of a library class. */
  readonly functionMembers?: { readonly owner: string; readonly names: readonly string[] }
}
