import { describe, expect, test } from 'vitest'
import { readPython } from '../extract/python/read-python.ts'
import { compareOp, Flag, importLevel, Kind, Op, ParamKind, paramKind } from './contract.ts'
import { SyntaxTree } from './tree.ts'

const read = (source: string): SyntaxTree => {
  const tree = readPython(source)
  if (!(tree instanceof SyntaxTree)) throw new Error(tree.reason)
  return tree
}

/** The only node of that kind with that text. */
const find = (tree: SyntaxTree, kind: number, text?: string): number => {
  const found = Array.from({ length: tree.size }, (_, node) => node).filter(
    (node) => tree.kind(node) === kind && (text === undefined || tree.text(node) === text),
  )
  expect(found).toHaveLength(1)
  return found[0]!
}

describe('scopes', () => {
  const tree = read(`
@decorate(outside)
async def f(a: note = default) -> result:
    class C(base):
        inclass = 1
    g = lambda p=early: late
    return [x for x in inner]
`)
  const f = find(tree, Kind.FunctionDef)
  const lambda = find(tree, Kind.Lambda)

  test.each([
    ['outside', 0],
    ['note', 0],
    ['default', 0],
    ['result', 0],
    ['base', f],
    ['early', f],
    ['late', lambda],
    ['inner', f],
    ['inclass', find(tree, Kind.ClassDef)],
  ])('%s belongs to the scope that runs it', (name, scope) => {
    expect(tree.scope(find(tree, Kind.Name, name))).toBe(scope)
  })

  test('a class body is run by the function around it', () => {
    expect(tree.enclosingFunction(find(tree, Kind.Name, 'inclass'))).toBe(f)
    expect(tree.enclosingFunction(find(tree, Kind.Name, 'outside'))).toBe(-1)
    expect(tree.scope(0)).toBe(-1)
  })
})

describe('use of a call', () => {
  test.each([
    ['f()', false, true],
    ['await f()', true, true],
    ['x = f()', false, false],
    ['x = await f()', true, false],
    ['await g(f)\nf()', false, true],
  ])('%s', (source, awaited, unused) => {
    const tree = read(source)
    const call = Array.from({ length: tree.size }, (_, node) => node).find(
      (node) => tree.kind(node) === Kind.Call && tree.dotted(node + 1) === 'f',
    )!
    expect([tree.isAwaited(call), tree.isUnused(call)]).toEqual([awaited, unused])
  })
})

test('siblings, children and statements', () => {
  const tree = read('if a:\n  b.c.d(1, k=2)\nelse: pass')
  const call = find(tree, Kind.Call)
  expect(tree.childCount(call)).toBe(3)
  expect(tree.kind(tree.child(call, 1))).toBe(Kind.Number)
  expect(tree.kind(tree.lastChild(call))).toBe(Kind.Keyword)
  expect([tree.child(call, 3), tree.childOf(call, Kind.Keyword), tree.ancestor(call, Kind.If)]).toEqual([
    -1,
    tree.child(call, 2),
    1,
  ])
  expect(tree.dotted(tree.firstChild(call))).toBe('b.c.d')
  expect(tree.dotted(call)).toBe('')
  expect(tree.kind(tree.statement(call + 1))).toBe(Kind.Expr)
  expect(tree.kind(tree.parent(tree.ancestor(call, Kind.Body)))).toBe(Kind.If)
})

test('flags and values of the contract', () => {
  const tree = read(
    'from ...a import b\ndef f(x, /, y, *z, k, **w): x.y += 1; del x[0]; yield 1 < 2 is not 3\nasync def g(): await h(\n)',
  )
  const from = find(tree, Kind.ImportFrom)
  expect([importLevel(tree.flags(from)), tree.text(from)]).toEqual([3, 'a'])
  const [f, g] = ['f', 'g'].map((name) => find(tree, Kind.FunctionDef, name))
  const kinds = ['x', 'y', 'z', 'k', 'w'].map((name) => paramKind(tree.flags(find(tree, Kind.Param, name))))
  expect(kinds).toEqual([
    ParamKind.PositionalOnly,
    ParamKind.Positional,
    ParamKind.VarArgs,
    ParamKind.KeywordOnly,
    ParamKind.VarKeywords,
  ])
  expect([tree.flags(f!), tree.flags(g!)]).toEqual([Flag.GENERATOR, Flag.ASYNC | Flag.AWAITS])
  expect(tree.flags(find(tree, Kind.Attribute, 'y'))).toBe(Flag.STORE | Flag.AUGMENTED)
  expect(tree.flags(find(tree, Kind.Subscript))).toBe(Flag.DEL)
  const compare = tree.value(find(tree, Kind.Compare))
  expect([0, 1, 2].map((at) => compareOp(compare, at))).toEqual([Op.Less, Op.IsNot, 0])
  expect(tree.value(find(tree, Kind.AugAssign))).toBe(Op.Add)
})

test('strings are numbers of the run: equal text, equal number', () => {
  const tree = read('a = b\nb = "b"')
  const id = tree.strings.id('b')
  expect([tree.mentions(id), tree.mentions(tree.strings.id('nowhere')), tree.strings.id('nowhere')]).toEqual([
    true,
    false,
    -1,
  ])
  expect(tree.name(tree.size - 1)).toBe(id)
  expect(tree.strings.text(id)).toBe('b')
})
