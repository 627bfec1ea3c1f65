// Tokens of Python as numbers: punctuation is its own character code, keywords are FIRST_KEYWORD + their place in the list.

export const END: number = 0
export const NEWLINE: number = 1
export const INDENT: number = 2
export const DEDENT: number = 3
export const NAME: number = 4
export const NUMBER: number = 5
/** A string or bytes literal. */
export const STRING: number = 6
/** The opening quote of an f-string or t-string; the parser reads on. */
export const FORMAT_START: number = 7

export const BANG: number = 33
export const PERCENT: number = 37
export const AMPERSAND: number = 38
export const LEFT_PAREN: number = 40
export const RIGHT_PAREN: number = 41
export const STAR: number = 42
export const PLUS: number = 43
export const COMMA: number = 44
export const MINUS: number = 45
export const DOT: number = 46
export const SLASH: number = 47
export const COLON: number = 58
export const SEMICOLON: number = 59
export const LESS: number = 60
export const EQUAL: number = 61
export const GREATER: number = 62
export const AT: number = 64
export const LEFT_BRACKET: number = 91
export const RIGHT_BRACKET: number = 93
export const CARET: number = 94
export const LEFT_BRACE: number = 123
export const BAR: number = 124
export const RIGHT_BRACE: number = 125
export const TILDE: number = 126

export const DOUBLE_STAR: number = 128
export const DOUBLE_SLASH: number = 129
export const SHIFT_LEFT: number = 130
export const SHIFT_RIGHT: number = 131
export const DOUBLE_EQUAL: number = 132
export const NOT_EQUAL: number = 133
export const LESS_EQUAL: number = 134
export const GREATER_EQUAL: number = 135
export const ARROW: number = 136
export const WALRUS: number = 137
export const ELLIPSIS: number = 138
/** Augmented assignments are AUGMENTED + the Op they apply (16 to 28). */
export const AUGMENTED: number = 140

export const FIRST_KEYWORD: number = 180

/** Reserved words in the order in which every string pool of the extractor begins. */
export const KEYWORDS = [
  'False',
  'None',
  'True',
  'and',
  'as',
  'assert',
  'async',
  'await',
  'break',
  'class',
  'continue',
  'def',
  'del',
  'elif',
  'else',
  'except',
  'finally',
  'for',
  'from',
  'global',
  'if',
  'import',
  'in',
  'is',
  'lambda',
  'nonlocal',
  'not',
  'or',
  'pass',
  'raise',
  'return',
  'try',
  'while',
  'with',
  'yield',
] as const

export const FALSE: number = 180
export const NONE: number = 181
export const TRUE: number = 182
export const AND: number = 183
export const AS: number = 184
export const ASSERT: number = 185
export const ASYNC: number = 186
export const AWAIT: number = 187
export const BREAK: number = 188
export const CLASS: number = 189
export const CONTINUE: number = 190
export const DEF: number = 191
export const DEL: number = 192
export const ELIF: number = 193
export const ELSE: number = 194
export const EXCEPT: number = 195
export const FINALLY: number = 196
export const FOR: number = 197
export const FROM: number = 198
export const GLOBAL: number = 199
export const IF: number = 200
export const IMPORT: number = 201
export const IN: number = 202
export const IS: number = 203
export const LAMBDA: number = 204
export const NONLOCAL: number = 205
export const NOT: number = 206
export const OR: number = 207
export const PASS: number = 208
export const RAISE: number = 209
export const RETURN: number = 210
export const TRY: number = 211
export const WHILE: number = 212
export const WITH: number = 213
export const YIELD: number = 214

/** Words that are keywords only in some places; they follow KEYWORDS in every pool. */
export const SOFT_KEYWORDS = ['match', 'case', 'type', 'lazy', '_', 'print', 'exec'] as const
export const SOFT_MATCH = KEYWORDS.length
export const SOFT_CASE = KEYWORDS.length + 1
export const SOFT_TYPE = KEYWORDS.length + 2
export const SOFT_LAZY = KEYWORDS.length + 3
export const SOFT_UNDERSCORE = KEYWORDS.length + 4
export const SOFT_PRINT = KEYWORDS.length + 5
export const SOFT_EXEC = KEYWORDS.length + 6
