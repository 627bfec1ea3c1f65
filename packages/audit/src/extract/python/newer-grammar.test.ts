// Syntax that is newer than CPython 3.11, whose `ast` proves the rest: expected facts are written by hand.
import { expect, test } from 'vitest'
import { outline } from '../../facts/outline.ts'
import { SyntaxTree } from '../../facts/tree.ts'
import { readPython } from './read-python.ts'

const CASES: readonly (readonly [name: string, source: string, facts: string])[] = [
  ['PEP 701: the same quotes inside', "f'{a['b']}'", 'Expr(FString(Interpolation(Subscript(Name a, String "b"))))'],
  ['PEP 701: nested five deep', "f'{f'{f'{f'{f'{1}'}'}'}'}'", /* f-strings in f-strings */ nested(5)],
  [
    'PEP 701: backslash and comment inside',
    'x = f"{\n  \'\\n\'.join(a)  # why\n}"',
    'Assign(Name x, FString(Interpolation(Call(Attribute join(String "\\n"), Name a))))',
  ],
  [
    'PEP 701: newline in the braces of a single-quoted f-string',
    "x = f'{\n1\n}'",
    'Assign(Name x, FString(Interpolation(Number 1)))',
  ],
  [
    'f-string: conversion and nested format',
    "f'{a!r:>{width}}'",
    'Expr(FString(Interpolation(Name a, FormatSpec(String ">", Interpolation(Name width)))))',
  ],
  [
    'f-string: walrus needs parentheses, else it is a format',
    "f'{(x:=1)}{x:=1}'",
    'Expr(FString(Interpolation(NamedExpr(Name x, Number 1)), Interpolation(Name x, FormatSpec(String "=1"))))',
  ],
  ['f-string: = shows the expression', "f'a{b = }'", 'Expr(FString(String "ab = ", Interpolation(Name b)))'],
  ['f-string: doubled braces', "f'{{{a}}}'", 'Expr(FString(String "{", Interpolation(Name a), String "}"))'],
  ['f-string: != is no conversion', "f'{a!=b}'", 'Expr(FString(Interpolation(Compare(Name a, Name b))))'],
  [
    'PEP 750: t-string',
    "t'hello {name!s:x}'",
    'Expr(TString(String "hello ", Interpolation(Name name, FormatSpec(String "x"))))',
  ],
  ['PEP 750: raw t-string', "rt'\\{x}'", 'Expr(TString(String "\\\\", Interpolation(Name x)))'],
  [
    'PEP 695: function',
    'def f[T: int, *Ts, **P](a: T): pass',
    'FunctionDef f(TypeParam T(Name int), TypeParam Ts, TypeParam P, Param a(Name T), Body(Pass))',
  ],
  ['PEP 695: class', 'class A[T](B[T]): pass', 'ClassDef A(TypeParam T, Subscript(Name B, Name T), Body(Pass))'],
  ['PEP 695: alias', 'type X[T] = list[T]', 'TypeAlias(Name X, TypeParam T, Subscript(Name list, Name T))'],
  [
    'PEP 695: type stays a name',
    'type = type(x)\ntype[0]\ntype (x)',
    'Assign(Name type, Call(Name type, Name x)), Expr(Subscript(Name type, Number 0)), Expr(Call(Name type, Name x))',
  ],
  [
    'PEP 696: defaults',
    'class A[T = int, *Ts = *tuple[int]]: pass',
    'ClassDef A(TypeParam T(Name int), TypeParam Ts(Starred(Subscript(Name tuple, Name int))), Body(Pass))',
  ],
  [
    'PEP 758: except without parentheses',
    'try: pass\nexcept A, B: pass',
    'Try(Body(Pass), Handler(Tuple(Name A, Name B), Body(Pass)))',
  ],
  [
    'PEP 758: except* without parentheses',
    'try: pass\nexcept* A, B: pass',
    'Try(Body(Pass), Handler(Tuple(Name A, Name B), Body(Pass)))',
  ],
  [
    'PEP 810: lazy imports',
    'lazy import a.b as c\nlazy from .d import e',
    'Import(Alias a.b(AsName c)), ImportFrom d(Alias e)',
  ],
  ['PEP 810: lazy stays a name', 'lazy = 1\nlazy(x)', 'Assign(Name lazy, Number 1), Expr(Call(Name lazy, Name x))'],
  [
    'PEP 646: starred subscript and annotation',
    'def f(*a: *Ts): b[*c]',
    'FunctionDef f(Param a(Starred(Name Ts)), Body(Expr(Subscript(Name b, Tuple(Starred(Name c))))))',
  ],
  [
    'match stays a name',
    'match = 1\nmatch(x)\nmatch[0]: int\nmatch -1',
    'Assign(Name match, Number 1), Expr(Call(Name match, Name x)), AnnAssign(Subscript(Name match, Number 0), Name int), Expr(BinOp Subtract(Name match, Number 1))',
  ],
  [
    'match statement',
    'match x, *y:\n  case [A(b=1), *_] | {"k": v, **r} if v: pass\n  case _: pass',
    'Match(Tuple(Name x, Starred(Name y)), Case(MatchOr(MatchSequence(MatchClass(Name A, MatchKeyword b(MatchValue(Number 1))), MatchStar), MatchMapping r(String "k", MatchAs v)), Guard(Name v), Body(Pass)), Case(MatchAs, Body(Pass)))',
  ],
  [
    'parenthesised with',
    'with (a as b, c as d,): pass',
    'With(WithItem(Name a, Name b), WithItem(Name c, Name d), Body(Pass))',
  ],
  [
    'parentheses that are an expression',
    'with (a, b) as c: pass',
    'With(WithItem(Tuple(Name a, Name b), Name c), Body(Pass))',
  ],
  [
    'string annotations hold their expression',
    'x: "Optional[Session]" = None',
    'AnnAssign(Name x, String "Optional[Session]"(Subscript(Name Optional, Name Session)), None)',
  ],
  [
    'prose in an annotation stays a string',
    'x: "not an expression at all"',
    'AnnAssign(Name x, String "not an expression at all")',
  ],
  [
    'strings in calls of annotations are values',
    'x: Annotated["T", Doc("some")]',
    'AnnAssign(Name x, Subscript(Name Annotated, Tuple(String "T"(Name T), Call(Name Doc, String "some"))))',
  ],
]

function nested(depth: number): string {
  return `Expr(${'FString(Interpolation('.repeat(depth)}Number 1${'))'.repeat(depth)})`
}

test.each(CASES)('%s', (_, source, facts) => {
  const tree = readPython(source)
  expect(tree).toBeInstanceOf(SyntaxTree)
  if (tree instanceof SyntaxTree) expect(outline(tree)).toBe(`Module(${facts})`)
})

const REFUSED: readonly (readonly [name: string, source: string, line: number, reason: RegExp])[] = [
  ['a Python 2 print', 'x = 1\nprint "a"', 2, /Python 2/],
  ['a Python 2 except', 'try: pass\nexcept A, e: pass\nx = 1L', 3, /Python 2/],
  ['an assignment to a call', 'f() = 1', 1, /result of a call/],
  ['an open bracket', 'y = 2\nx = (1,\n\n', 2, /never closed/],
  ['an open string', "x = '''a\n", 1, /never closed/],
  ['mixed tabs and spaces', 'if x:\n        a\n\tb', 3, /tabs and spaces/],
  ['a dedent to nowhere', 'if x:\n    a\n  b', 3, /goes back/],
  ['a missing block', 'if x:\npass', 2, /block is missing/],
  ['an empty interpolation', "f'{}'", 1, /no expression/],
  ['a lone closing brace', "f'}'", 1, /single/],
  ['a strange character', 'x = 1 € 2', 1, /no name, number or operator/],
]

test.each(REFUSED)('%s is refused with its line', (_, source, line, reason) => {
  const result = readPython(source)
  expect(result).toMatchObject({ code: 'syntax', line, reason: expect.stringMatching(reason) })
})
