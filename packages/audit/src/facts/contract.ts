// The facts contract: what the auditor knows about one source file, as a compact syntax tree in typed arrays.
//
// A file is ONE Int32Array of nodes in source pre-order (parent before children, children left to right), five
// words a node, and a table of the strings it mentions. There is no object per node, so a million lines fit in tens
// of megabytes, cross threads without copying and are cached as bytes. `SyntaxTree` in tree.ts reads it.
//
// TypeScript and JavaScript use the same kinds: what is written differently and means the same has the same shape. A
// method has a first Param `this`, a constructor is called `__init__`, `new X()` is a Call, `const f = () => …` and
// `function f` are a FunctionDef, every other function is a Lambda with a Body or an expression, `for (;;)` is a While,
// `switch` a Match, `a?.b` is `a.b`, and `x as T` is `x`. Columns count UTF-16 units there.
//
// Word 0: kind (7 bits), flags (9 bits), column (16 bits, UTF-8 bytes, 0-based, saturating)
// Word 1: line (1-based)
// Word 2: end: number of the first node that is not inside this node, so the next sibling if there is one
// Word 3: parent (-1 for the module)
// Word 4: value: string id of the file (NO_VALUE when absent), operator or number, as the kind below says

/** Words per node in `SyntaxTree.nodes`. */
export const NODE_WORDS = 5

/** Stands for "no string" in a node's value. */
export const NO_VALUE = -1

/**
 * What a node is. "value" is word 4; children are listed in the order they have; `X?` may be absent, `X*` repeats.
 * Roles are wrapped (Decorator, Returns, Body …), so the kind of a child tells its role.
 */
export const Kind = {
  /** Statement*. Value: number of lines. Always node 0. */
  Module: 1,
  // Statements -------------------------------------------------------------------------------------------------
  /** Decorator*, TypeParam*, Param*, Returns?, Body. Value: name. Flags: ASYNC, GENERATOR, AWAITS. Line of `def`. */
  FunctionDef: 2,
  /** Decorator*, TypeParam*, (base expression | Starred | Keyword)*, Body. Value: name. */
  ClassDef: 3,
  /** Expression?. */
  Return: 4,
  /** Target+ (flag DEL on them). */
  Delete: 5,
  /** Target+, then the value expression last: `a = b = 1` has three children. */
  Assign: 6,
  /** Target, value expression. Value: operator (Op). */
  AugAssign: 7,
  /** Target, annotation expression, value expression?. Flag SIMPLE: target is a bare name without parentheses. */
  AnnAssign: 8,
  /** `type X[T] = …`: Name, TypeParam*, expression. */
  TypeAlias: 9,
  /** Target, iterable, Body, Else?. Flag ASYNC. */
  For: 10,
  /** Test, Body, Else?. */
  While: 11,
  /** Test, Body, Elif*, Else?. */
  If: 12,
  /** Test, Body; only inside If. */
  Elif: 13,
  /** WithItem+, Body. Flag ASYNC. */
  With: 14,
  /** Subject, Case+. */
  Match: 15,
  /** Pattern, Guard?, Body. */
  Case: 16,
  /** Exception?, cause?. */
  Raise: 17,
  /** Body, Handler*, Else?, Finally?. Flag STAR for `except*`. */
  Try: 18,
  /** Type expression?, Body. Value: name bound by `as`, or NO_VALUE. `except A, B:` has a Tuple as type. */
  Handler: 19,
  /** Test, message?. */
  Assert: 20,
  /** Alias+. Flag LAZY (PEP 810). */
  Import: 21,
  /** Alias+. Value: module (dotted) or NO_VALUE. `importLevel(flags)` = leading dots; flag LAZY. Star: one Alias `*`. */
  ImportFrom: 22,
  /** AsName?. Value: dotted name; also the names of Global and Nonlocal. */
  Alias: 23,
  /** No children. Value: the name after `as`. */
  AsName: 24,
  /** Alias+. */
  Global: 25,
  /** Alias+. */
  Nonlocal: 26,
  /** An expression used as a statement: its result is unused. */
  Expr: 27,
  Pass: 28,
  Break: 29,
  Continue: 30,
  // Parts of statements ------------------------------------------------------------------------------------------
  /** Statement+. Value: last line of the block. */
  Body: 31,
  /** Statement+. Value: last line. */
  Else: 32,
  /** Statement+. Value: last line. */
  Finally: 33,
  /** Expression. */
  Decorator: 34,
  /** Annotation?, default?. Value: name. Flags: HAS_ANNOTATION, HAS_DEFAULT and one of `paramKind(flags)`. */
  Param: 35,
  /** The return annotation. */
  Returns: 36,
  /** Bound?, default?. Value: name. Flags: HAS_ANNOTATION (bound), HAS_DEFAULT, paramKind: VarArgs `*T`, VarKeywords `**P`. */
  TypeParam: 37,
  /** Context expression, target?. */
  WithItem: 38,
  /** Expression: `if` of a case or of a comprehension. */
  Guard: 39,
  // Expressions --------------------------------------------------------------------------------------------------
  /** Value: identifier. Flags: STORE or DEL, none when read. */
  Name: 40,
  /** Object. Value: attribute name. Flags: STORE, DEL. Position: start of the object. */
  Attribute: 41,
  /** Callee, (positional | Starred | Keyword)*. Value: line of the `(`, which in a chain is the method's line. */
  Call: 42,
  /** Expression. Value: argument name, or NO_VALUE for `**mapping`. */
  Keyword: 43,
  /** Object, index (Tuple, Slice or any expression). Flags: STORE, DEL. */
  Subscript: 44,
  /** Lower?, upper?, step? as the flags SLICE_* say. */
  Slice: 45,
  /**
   * A string constant, adjacent parts joined, escapes decoded. Value: its text; NO_VALUE when DOCSTRING or any other
   * bare string statement (the text is dropped). CUT: longer than MAX_STRING, the beginning is kept. In an annotation
   * a string that is itself an expression has that expression as its only child (`x: "Session"`).
   */
  String: 46,
  /** Value: content (Latin-1 bytes as text). */
  Bytes: 47,
  /** (String | Interpolation)*. */
  FString: 48,
  /** (String | Interpolation)*, PEP 750. */
  TString: 49,
  /** Expression, FormatSpec?. Value: character code of the conversion (`!r`) or 0. */
  Interpolation: 50,
  /** (String | Interpolation)*. */
  FormatSpec: 51,
  /** Value: the integer itself when flag INTEGER, else the literal as written (`0.5`, `1_000j`, `0xff_ff_ff_ff`). */
  Number: 52,
  True: 53,
  False: 54,
  None: 55,
  Ellipsis: 56,
  /** Left, right. Value: operator (Op). */
  BinOp: 57,
  /** Operand. Value: operator (Op): Not, Negative, Positive, Invert. */
  UnaryOp: 58,
  /** Operand+. Value: Op.And or Op.Or. */
  BoolOp: 59,
  /** Operand+. Value: comparison operators, four bits each, the first lowest (`compareOp`). */
  Compare: 60,
  /** Target Name (STORE), value: `(a := b)`. */
  NamedExpr: 61,
  /** In source order: value if true, test, value if false. */
  IfExp: 62,
  /** Param*, body expression. */
  Lambda: 63,
  /** Expression. */
  Await: 64,
  /** Expression?. */
  Yield: 65,
  /** Expression. */
  YieldFrom: 66,
  /** Expression: `*x`. Flags: STORE. */
  Starred: 67,
  /** Flags: STORE, DEL. */
  Tuple: 68,
  /** Flags: STORE, DEL. */
  List: 69,
  Set: 70,
  /** (key, value | DictUnpack)*. */
  Dict: 71,
  /** Expression: `**x` in a dict. */
  DictUnpack: 72,
  /** Element, Comprehension+. */
  ListComp: 73,
  /** Element, Comprehension+. */
  SetComp: 74,
  /** Element, Comprehension+. */
  GeneratorExp: 75,
  /** Key, value, Comprehension+. */
  DictComp: 76,
  /** Target, iterable, Guard*. Flag ASYNC. */
  Comprehension: 77,
  // Patterns of match ----------------------------------------------------------------------------------------------
  /** Expression: literal or dotted name. */
  MatchValue: 78,
  /** Pattern?. Value: name bound, NO_VALUE for `_`. */
  MatchAs: 79,
  /** Pattern*. */
  MatchSequence: 80,
  /** (key expression, pattern)*. Value: name of `**rest` or NO_VALUE. */
  MatchMapping: 81,
  /** Class expression, pattern*, MatchKeyword*. */
  MatchClass: 82,
  /** Pattern. Value: attribute. */
  MatchKeyword: 83,
  /** Value: name or NO_VALUE for `*_`. */
  MatchStar: 84,
  /** Pattern+. */
  MatchOr: 85,
  // Only in TypeScript and JavaScript ------------------------------------------------------------------------------
  /** (PatternProperty | Starred)*: `{ a, b: c, ...rest }` as a target. Flag STORE. */
  ObjectPattern: 90,
  /** Target, default?. Value: the key, or NO_VALUE when it is computed. */
  PatternProperty: 91,
} as const

/** One of the numbers of `Kind`. */
export type Kind = (typeof Kind)[keyof typeof Kind]

/** Flag bits of a node; the same bit means different things on different kinds (see `Kind`). */
export const Flag = {
  /** Name, Attribute, Subscript, Tuple, List, Starred: assigned here. */
  STORE: 1,
  /** … deleted here. */
  DEL: 2,
  /** Target of an augmented assignment: read and written (STORE is set too). */
  AUGMENTED: 4,
  /** Written between parentheses of its own. */
  PARENTHESISED: 8,
  /** FunctionDef, For, With, Comprehension. */
  ASYNC: 1,
  /** FunctionDef and Lambda: contains yield in its own body. */
  GENERATOR: 2,
  /** FunctionDef: its own body has await, async for, async with or an async comprehension. */
  AWAITS: 4,
  /** Try: `except*`. */
  STAR: 1,
  /** AnnAssign. */
  SIMPLE: 1,
  /** Import and ImportFrom. */
  LAZY: 1,
  /** Param and TypeParam. */
  HAS_ANNOTATION: 1,
  /** Param and TypeParam. */
  HAS_DEFAULT: 2,
  /** String: first statement of a module, class or function. */
  DOCSTRING: 1,
  /** String and Bytes: only the first MAX_STRING bytes are kept. */
  CUT: 2,
  /** Number. */
  INTEGER: 1,
  /** Name of TypeScript: assigned without a declaration, so the name is one of a scope around. */
  REBOUND: 16,
  /** Call: `new X()`. */
  NEW: 1,
  /** Call: a tagged template. */
  TAGGED: 2,
  /** Call: `import('x')` in a type. */
  TYPE_IMPORT: 4,
  /** FunctionDef of a class: `static`; `get x()`; `set x()`. */
  STATIC: 8,
  GETTER: 16,
  SETTER: 32,
  /** ClassDef: an interface, an enum, a namespace. */
  INTERFACE: 1,
  ENUM: 2,
  NAMESPACE: 4,
  /** ClassDef: `declare module 'x'`; its value is the module's name. */
  AMBIENT: 8,
  /** Import, ImportFrom and Alias of TypeScript: gone at run time, as its text says. */
  TYPE_ONLY: 2,
  /** Import and ImportFrom: `export … from`. */
  RE_EXPORT: 4,
  /** Import: `import x = require('y')`. */
  REQUIRE: 8,
  /** Alias of TypeScript: the file uses the name as a value, so the import is there at run time. */
  USED: 1,
  SLICE_LOWER: 1,
  SLICE_UPPER: 2,
  SLICE_STEP: 4,
} as const

/** Longest string constant that is kept whole, in UTF-8 bytes. */
export const MAX_STRING = 16_384

/** How a parameter takes arguments (`paramKind(flags)`). */
export const ParamKind = { Positional: 0, PositionalOnly: 1, VarArgs: 2, KeywordOnly: 3, VarKeywords: 4 } as const

/** The ParamKind of a Param's flags. */
export const paramKind = (flags: number): number => flags >> 2

/** Leading dots of an ImportFrom, from its flags (saturates at 255). */
export const importLevel = (flags: number): number => flags >> 1

/** Operators of BinOp, AugAssign, UnaryOp, BoolOp; comparisons are 1 to 10 so that four bits hold them. */
export const Op = {
  Equal: 1,
  NotEqual: 2,
  Less: 3,
  LessEqual: 4,
  Greater: 5,
  GreaterEqual: 6,
  Is: 7,
  IsNot: 8,
  In: 9,
  NotIn: 10,
  Add: 16,
  Subtract: 17,
  Multiply: 18,
  MatrixMultiply: 19,
  Divide: 20,
  Modulo: 21,
  Power: 22,
  ShiftLeft: 23,
  ShiftRight: 24,
  BitOr: 25,
  BitXor: 26,
  BitAnd: 27,
  FloorDivide: 28,
  Not: 32,
  Negative: 33,
  Positive: 34,
  Invert: 35,
  And: 40,
  Or: 41,
} as const

/** The comparison operator number `index` of a Compare's value; 0 beyond the last (at most eight are kept). */
export const compareOp = (value: number, index: number): number => (index > 7 ? 0 : (value >>> (index * 4)) & 15)

/** Strings of the whole run under small numbers: equal text, equal number, in every file. */
export interface Strings {
  /** How many there are; numbers are 0 … size - 1. */
  readonly size: number
  /** The number of a text, or -1 when no file mentions it: compare numbers in loops, not texts. */
  id(text: string): number
  /** The text of a number. Invalid or unpaired surrogates read as U+FFFD. */
  text(id: number): string
}

/** Why a file has no facts. `reason` is a sentence for people, without the path; `line` is 0 when it has none. */
export interface UnparsedFile {
  readonly path: string
  readonly line: number
  readonly code:
    | 'syntax'
    | 'encoding'
    | 'null-byte'
    | 'too-deep'
    | 'too-large'
    | 'unreadable'
    | 'template'
    | 'parser-missing'
  readonly reason: string
}
