// Calls of libraries in code that serves, by the full name of what they call: one pass, shared by the rules that ask for some.
import type { Confidence } from '../facts/place.ts'
import type { CallId, Program } from '../graph/contract.ts'
import type { RuleContext } from '../rule/rule.ts'
import { servedCode } from './served-code.ts'
import type { Site } from './survey.ts'

/** A call that reaches a name of a library. */
export interface LibraryCall extends Site {
  readonly call: CallId
  /** Full name, for example `requests.Session.get`. */
  readonly name: string
  readonly confidence: Confidence
}

const known = new WeakMap<Program, ReadonlyMap<string, readonly LibraryCall[]>>()

/** Calls of these full names, in the order of modules and lines. */
export function libraryCalls(context: RuleContext, names: Iterable<string>): readonly LibraryCall[] {
  let index = known.get(context.program)
  if (index === undefined) {
    index = makeIndex(context)
    known.set(context.program, index)
  }
  const found: LibraryCall[] = []
  for (const name of names) found.push(...(index.get(name) ?? []))
  return found.sort((a, b) => a.module - b.module || a.node - b.node)
}

function makeIndex(context: RuleContext): Map<string, LibraryCall[]> {
  const { program } = context
  const index = new Map<string, LibraryCall[]>()
  for (const module of servedCode(context)) {
    const [from, to] = program.callRange(module)
    for (let call = from; call < to; call++) {
      for (const { external: name, confidence } of program.targetsOf(call)) {
        if (name === '' || confidence === 'possible') continue
        const item = { module, node: program.callNode(call), call, name, confidence }
        const list = index.get(name)
        if (list === undefined) index.set(name, [item])
        else list.push(item)
      }
    }
  }
  return index
}
