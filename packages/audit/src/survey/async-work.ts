// Functions of TypeScript as work: which one an argument hands over, and whether it waits for something.
import { Kind } from '../facts/contract.ts'
import type { FunctionId } from '../graph/contract.ts'
import { TypeKind } from '../graph/inference/type-table.ts'
import type { AnalysedProgram } from '../graph/program/build-program.ts'
import type { RuleContext } from '../rule/rule.ts'
import { calleeName } from './expressions.ts'
import type { Site } from './survey.ts'

/** The function that an argument is: written in place, given by name, or bound; undefined when it is not known. */
export function handedFunction(context: RuleContext, { module, node }: Site): FunctionId | undefined {
  const tree = context.trees[module]!
  if (node < 0) return undefined
  if (tree.kind(node) === Kind.Lambda) return context.program.functionAt(module, node)
  if (tree.kind(node) === Kind.Call) {
    if (calleeName(tree, node) !== 'bind' || tree.kind(node + 1) !== Kind.Attribute) return undefined
    return handedFunction(context, { module, node: node + 2 })
  }
  // Programs are only ever built by buildProgram, which makes this class.
  const { inference } = context.program as AnalysedProgram
  const { table } = inference
  const found = table.members(inference.typeOf(module, node)).filter((one) => table.kind[one] === TypeKind.Function)
  return found.length === 1 ? table.a[found[0]!]! : undefined
}

/** The body awaits something, or calls an async function of the project. */
export function waitsForSomething({ program, trees }: RuleContext, fn: FunctionId): boolean {
  return program.callsIn(fn).some((call) => {
    if (trees[program.callInfo(call).module]!.isAwaited(program.callNode(call))) return true
    return program.targetsOf(call).some((item) => item.function >= 0 && program.functionInfo(item.function).isAsync)
  })
}
