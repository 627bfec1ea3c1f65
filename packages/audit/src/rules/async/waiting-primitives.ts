// Calls that look like waiting and do not: a datagram's address is set at once, a `data:` URL and a buffer are in memory.
import { Flag, Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { FunctionId } from '../../graph/contract.ts'
import type { AnalysedProgram } from '../../graph/program/build-program.ts'

/** Whether a call of this name waits at this place. */
export function waits(program: AnalysedProgram, fn: FunctionId, tree: SyntaxTree, node: number, name: string): boolean {
  if (/^socket\.socket\.(?:connect|connect_ex|send|sendall|sendto)$/.test(name)) return !isDatagram(tree, node)
  if (name === 'urllib.request.urlopen') return !isData(program, fn, tree, node)
  if (name.startsWith('zipfile.ZipFile') || name.startsWith('tarfile.')) return !isInMemory(program, fn, tree, node)
  return true
}

/** The socket is made with SOCK_DGRAM, or is one of this machine, in the same function. */
function isDatagram(tree: SyntaxTree, node: number): boolean {
  const fn = Math.max(tree.enclosingFunction(node), 0)
  for (let at = fn; at < tree.end(fn); at++) {
    const kind = tree.kind(at)
    if ((kind === Kind.Attribute || kind === Kind.Name) && /^(?:SOCK_DGRAM|AF_UNIX)$/.test(tree.text(at))) return true
  }
  return false
}

/** A constant `data:` address, or a function that is only called where the address has been asked whether it is one. */
function isData(program: AnalysedProgram, fn: FunctionId, tree: SyntaxTree, node: number): boolean {
  const url = tree.nextSibling(node + 1)
  if (url >= 0 && tree.kind(url) === Kind.String && tree.text(url).startsWith('data:')) return true
  if (isUnderDataTest(tree, node)) return true
  const callers = program.callersOf(fn)
  return (
    callers.length > 0 &&
    callers.every((call) => {
      const { module } = program.callInfo(call)
      return isUnderDataTest(program.index.trees[module]!, program.callNode(call))
    })
  )
}

function isUnderDataTest(tree: SyntaxTree, node: number): boolean {
  for (let at = tree.parent(node), from = node; at >= 0; from = at, at = tree.parent(at)) {
    const kind = tree.kind(at)
    if (kind === Kind.FunctionDef) return false
    if ((kind !== Kind.If && kind !== Kind.Elif) || tree.kind(from) !== Kind.Body) continue
    for (let part = at + 1; part < tree.end(at + 1); part++) {
      if (tree.kind(part) === Kind.String && tree.value(part) >= 0 && tree.text(part).startsWith('data:')) return true
    }
  }
  return false
}

/** An archive over `BytesIO`: given in place, or the object that the method is called on was made so. */
function isInMemory(program: AnalysedProgram, fn: FunctionId, tree: SyntaxTree, node: number): boolean {
  const module = program.index.scopeModule[fn]!
  if (
    tree.kind(node + 1) === Kind.Attribute &&
    tree.kind(node + 2) === Kind.Name &&
    !/^(?:ZipFile|open)$/.test(tree.text(node + 1))
  ) {
    const bound = program.inference.names.lookUp(program.inference.names.scopeOf(module, node), tree.name(node + 2))
    const target = bound?.nodes.at(-1)
    if (target === undefined || !tree.has(target, Flag.STORE)) return false
    const made =
      tree.kind(tree.parent(target)) === Kind.WithItem ? tree.parent(target) + 1 : tree.lastChild(tree.parent(target))
    return tree.kind(made) === Kind.Call && isInMemory(program, fn, tree, made)
  }
  for (let at = tree.nextSibling(node + 1); at >= 0; at = tree.nextSibling(at)) {
    const value = tree.kind(at) === Kind.Keyword ? at + 1 : at
    if (program.instanceOf(module, value).some((one) => one === 'io.BytesIO' || one === 'io.StringIO')) return true
  }
  return false
}
