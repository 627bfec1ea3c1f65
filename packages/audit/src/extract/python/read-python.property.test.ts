// Properties of the reader: it reads what a grammar wrote, layout does not matter, and no bytes can break it.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { outline } from '../../facts/outline.ts'
import { SyntaxTree } from '../../facts/tree.ts'
import { readPython } from './read-python.ts'

/** A piece of code with the facts that it must give. */
interface Piece {
  readonly text: string
  readonly facts: string
}

const name = fc
  .constantFrom('a', 'b2', '_c', 'match', 'type', 'é')
  .map((text): Piece => ({ text, facts: `Name ${text}` }))
const integer = fc.nat(10_000).map((value): Piece => ({ text: String(value), facts: `Number ${value}` }))
const string = fc.string({ maxLength: 8 }).map(
  (value): Piece => ({
    text: JSON.stringify(value).replaceAll('\\/', '/'),
    facts: `String ${JSON.stringify(value)}`,
  }),
)

const { expression } = fc.letrec<{ expression: Piece; atom: Piece }>((tie) => ({
  atom: fc.oneof(
    name,
    integer,
    string,
    fc.array(tie('expression'), { maxLength: 3 }).map((items) => list('[', ']', 'List', items)),
    tie('expression').map(({ text, facts }) => ({ text: `(${text})`, facts })),
  ),
  expression: fc.oneof(
    { maxDepth: 5 },
    tie('atom'),
    fc
      .tuple(tie('atom'), tie('atom'))
      .map(([a, b]) => ({ text: `${a.text} + ${b.text}`, facts: `BinOp Add(${a.facts}, ${b.facts})` })),
    fc.tuple(tie('atom'), fc.array(tie('expression'), { maxLength: 3 })).map(([callee, items]) => {
      const called = list('(', ')', '', items)
      return {
        text: `(${callee.text})${called.text}`,
        facts: `Call(${[callee.facts, ...items.map((item) => item.facts)].join(', ')})`,
      }
    }),
    tie('atom').map(({ text, facts }) => ({ text: `(${text}).attr`, facts: `Attribute attr(${facts})` })),
    tie('expression').map(({ text, facts }) => ({ text: `lambda: ${text}`, facts: `Lambda(${facts})` })),
    fc.tuple(tie('atom'), tie('atom'), tie('expression')).map(([a, b, c]) => ({
      text: `${a.text} if ${b.text} else ${c.text}`,
      facts: `IfExp(${a.facts}, ${b.facts}, ${c.facts})`,
    })),
    tie('atom').map(({ text, facts }) => ({ text: `not ${text}`, facts: `UnaryOp Not(${facts})` })),
  ),
}))

function list(open: string, close: string, kind: string, items: readonly Piece[]): Piece {
  const inside = items.map((item) => item.facts).join(', ')
  return {
    text: `${open}${items.map((item) => item.text).join(', ')}${close}`,
    facts: inside === '' ? kind : `${kind}(${inside})`,
  }
}

const assignment = expression.map(
  ({ text, facts }): Piece => ({ text: `x = ${text}`, facts: `Assign(Name x, ${facts})` }),
)

interface Program {
  readonly lines: readonly string[]
  readonly facts: string
}

const { program } = fc.letrec<{ program: Program; statement: Program }>((tie) => ({
  statement: fc.oneof(
    { maxDepth: 4 },
    assignment.map(({ text, facts }) => ({ lines: [text], facts })),
    fc.tuple(expression, tie('program')).map(([test, body]) => ({
      lines: [`if ${test.text}:`, ...body.lines.map((line) => ` ${line}`)],
      facts: `If(${test.facts}, Body(${body.facts}))`,
    })),
    tie('program').map((body) => ({
      lines: ['async def f(a, *, b=1):', ...body.lines.map((line) => ` ${line}`)],
      facts: `FunctionDef f(Param a, Param b(Number 1), Body(${body.facts}))`,
    })),
  ),
  program: fc.array(tie('statement'), { minLength: 1, maxLength: 3 }).map((statements) => ({
    lines: statements.flatMap((statement) => statement.lines),
    facts: statements.map((statement) => statement.facts).join(', '),
  })),
}))

const read = (source: string | Uint8Array): SyntaxTree => {
  const result = readPython(source)
  if (!(result instanceof SyntaxTree)) throw new Error(`line ${result.line}: ${result.reason}`)
  return result
}

/** Ends, parents and lines are consistent; throws where they are not. */
const check = (tree: SyntaxTree): void => {
  expect(tree.end(0)).toBe(tree.size)
  for (let node = 1; node < tree.size; node++) {
    const parent = tree.parent(node)
    if (!(parent >= 0 && parent < node && tree.end(node) > node && tree.end(node) <= tree.end(parent))) {
      throw new Error(`node ${node} does not lie in its parent ${parent}`)
    }
    if (tree.line(node) < 1 || tree.line(node) > tree.value(0) + 1) throw new Error(`node ${node} is on no line`)
  }
}

describe('a program that a grammar wrote', () => {
  test('gives its facts', () => {
    fc.assert(
      fc.property(program, ({ lines, facts }) => {
        const tree = read(lines.join('\n'))
        check(tree)
        expect(outline(tree)).toBe(`Module(${facts})`)
      }),
      { numRuns: 300 },
    )
  })

  test('gives the same facts in another layout', () => {
    const layout = fc.record({
      newline: fc.constantFrom('\n', '\r\n', '\r'),
      indent: fc.constantFrom(' ', '\t', '    ', ' \t'),
      comment: fc.constantFrom('', '  # why', '\n# alone', '\n\n   \n'),
      bom: fc.boolean(),
    })
    fc.assert(
      fc.property(program, layout, ({ lines, facts }, { newline, indent, comment, bom }) => {
        const text = lines
          .map((line) => line.replace(/^ +/, (spaces) => indent.repeat(spaces.length)) + comment)
          .join('\n')
          .replaceAll('\n', newline)
        expect(outline(read((bom ? '\ufeff' : '') + text))).toBe(`Module(${facts})`)
      }),
      { numRuns: 300 },
    )
  })

  test('cut anywhere is read or refused, never worse', () => {
    fc.assert(
      fc.property(program, fc.nat(), ({ lines }, cut) => {
        const bytes = new TextEncoder().encode(lines.join('\n'))
        const result = readPython(bytes.subarray(0, cut % (bytes.length + 1)))
        if (result instanceof SyntaxTree) check(result)
        else expect(result.reason).not.toBe('')
      }),
      { numRuns: 500 },
    )
  })
})

test('any bytes are read or refused, never worse', () => {
  const words = fc.constantFrom(
    'def ',
    'class A',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    "f'",
    "'''",
    '"',
    '\\',
    '\n',
    '\n ',
    '\t',
    ':',
    '=',
    ',',
    '*',
    '**',
    '.',
    'match x',
    'case',
    'lambda',
    ' if ',
    ' else ',
    ' for ',
    ' in ',
    'async ',
    'await ',
    '@',
    '#',
    '!',
    '->',
    ':=',
    '0x',
    '1e',
    '1_',
    'é',
    '€',
    '\r',
    '\f',
    'type X',
    'lazy import',
    'import a.b',
    'from . ',
    'with (',
    'try:',
    'except* ',
    ';',
    '\u2028',
    'rb"',
    "t'",
  )
  const text = fc.array(words, { maxLength: 40 }).map((parts) => new TextEncoder().encode(parts.join('')))
  fc.assert(
    fc.property(fc.oneof(text, fc.uint8Array({ maxLength: 60 })), (bytes) => {
      const result = readPython(bytes)
      if (result instanceof SyntaxTree) check(result)
      else expect(result.reason).not.toBe('')
    }),
    { numRuns: 1_000 },
  )
})
