// What a manifest says of a capability beyond tables and events: which one, what of it, and what the kit then holds.

declare const handleType: unique symbol
declare const partType: unique symbol

/** One use of a capability by a module: data. Made by the capability's own function, such as `storage()`. */
export interface Use<Name extends string = string, Handle = unknown, Declared = unknown, Part = unknown> {
  readonly kind: 'use'
  /** Name of the capability, and of its handle in the kit. */
  readonly capability: Name
  /** What the capability reads when it opens. */
  readonly declared: Declared
  /** For the compiler only. */
  readonly [handleType]?: Handle
  /** For the compiler only. */
  readonly [partType]?: Part
}

/** The handles that a kit holds because its manifest declares their use. */
export type HandlesOf<Uses extends readonly Use[]> = {
  readonly [Declared in Uses[number] as Declared['capability']]: Declared extends Use<string, infer Handle>
    ? Handle
    : never
}

/** Name of the use where an implementation has to give something for it. */
type PartName<Declared> =
  Declared extends Use<infer Name, unknown, unknown, infer Part> ? (unknown extends Part ? never : Name) : never

type PartOf<Declared> = Declared extends Use<string, unknown, unknown, infer Part> ? Part : never

/**
 * What an implementation has to give because its manifest declares their use: `jobs: { welcome: async (mail) => … }`. A
 * conditional type, because the compiler looks through one for the types of parameters and not through a mapped type.
 */
export type PartsOf<Uses extends readonly Use[]> = [PartName<Uses[number]>] extends [never]
  ? unknown
  : { readonly [Name in PartName<Uses[number]>]: PartOf<Extract<Uses[number], { readonly capability: Name }>> }

/** Declares a use; capabilities wrap this in a function of their own that checks what is declared. */
export function use<const Name extends string, Handle, Declared = undefined, Part = unknown>(
  capability: Name,
  declared: Declared,
): Use<Name, Handle, Declared, Part> {
  return Object.freeze({ kind: 'use', capability, declared })
}

/** What a module declares of one capability; undefined when it does not use it. */
export function declaredBy<Declared>(
  module: { readonly uses: readonly Use[] },
  capability: string,
): Declared | undefined {
  const found = module.uses.find((used) => used.capability === capability)
  // Only the capability's own function makes a use of that name, so it knows the form.
  return found?.declared as Declared | undefined
}

/** True when a module declares the use of a capability. */
export function declares(module: { readonly uses: readonly Use[] }, capability: string): boolean {
  return module.uses.some((used) => used.capability === capability)
}
