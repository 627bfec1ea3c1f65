// Sources nobody writes by hand: the reader must end soon, in little memory, and say what it met.
import { describe, expect, test } from 'vitest'
import { Kind, type UnparsedFile } from '../../facts/contract.ts'
import { outline } from '../../facts/outline.ts'
import { SyntaxTree } from '../../facts/tree.ts'
import { readPython } from './read-python.ts'

const refusal = (source: string | Uint8Array): UnparsedFile => {
  const result = readPython(source)
  if (result instanceof SyntaxTree) throw new Error(`was read: ${outline(result).slice(0, 200)}`)
  return result
}

const tree = (source: string | Uint8Array): SyntaxTree => {
  const result = readPython(source)
  if (!(result instanceof SyntaxTree)) throw new Error(`line ${result.line}: ${result.reason}`)
  return result
}

describe('depth', () => {
  test.each([
    ['brackets', '('.repeat(100_000)],
    ['closed brackets', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['dicts', `x = ${'{1: '.repeat(50_000)}`],
    ['calls', 'f('.repeat(100_000)],
    ['signs', `x = ${'-'.repeat(100_000)}1`],
    ['not', `x = ${'not '.repeat(100_000)}1`],
    ['lambdas', `x = ${'lambda: '.repeat(100_000)}1`],
    ['powers', `x = ${'2 ** '.repeat(100_000)}1`],
    ['conditions', `x = ${'1 if a else '.repeat(100_000)}1`],
    ['f-strings', `x = ${"f'{".repeat(50_000)}`],
    ['blocks', Array.from({ length: 2_000 }, (_, depth) => `${' '.repeat(depth)}if x:`).join('\n')],
    ['patterns', `match x:\n case ${'['.repeat(100_000)}`],
  ])('100,000 %s are given up as too deep', (_, source) => {
    expect(refusal(source)).toMatchObject({ code: 'too-deep' })
  })

  test('depth that Python itself reads is read', () => {
    expect(tree(`x = ${'('.repeat(190)}1${')'.repeat(190)}`).size).toBe(4)
  })

  test.each([
    ['sums', `x = ${'a + '.repeat(100_000)}a`, 200_004],
    ['chained calls', `x = a${'.b()'.repeat(50_000)}`, 100_004],
    ['elif', `if a: pass\n${'elif b: pass\n'.repeat(20_000)}`, 80_005],
    ['adjacent strings', `x = ${"'a' ".repeat(100_000)}`, 4],
  ])('length without depth is no depth: %s', (_, source, size) => {
    expect(tree(source).size).toBe(size)
  })
})

describe('encodings', () => {
  const bytes = (...parts: readonly (string | number)[]): Uint8Array =>
    Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part, 'latin1'))))

  test('a byte-order mark is no part of the code', () => {
    expect(outline(tree(bytes(0xef, 0xbb, 0xbf, 'x = 1')))).toBe('Module(Assign(Name x, Number 1))')
  })

  test.each([
    ['latin-1', 0xe9, 'é'],
    ['iso-8859-15', 0xa4, '€'],
    ['cp1252', 0x80, '€'],
    ['koi8-r', 0xc1, 'а'],
    ['shift_jis', 0xb1, 'ｱ'],
  ])('a coding cookie is obeyed: %s', (encoding, byte, letter) => {
    const read = tree(bytes(`#!/usr/bin/python\n# -*- coding: ${encoding} -*-\nx = '`, byte, "'\n"))
    expect(outline(read)).toBe(`Module(Assign(Name x, String "${letter}"))`)
  })

  test('a cookie on the third line is none', () => {
    expect(refusal(bytes('\n\n# coding: latin-1\nx = "', 0xe9, '"'))).toMatchObject({ code: 'encoding', line: 4 })
  })

  test.each([
    ['invalid UTF-8', bytes('a = 1\nx = "', 0xe9, '"'), 'encoding', 2],
    ['UTF-16', bytes(0xff, 0xfe, 'x', 0, '=', 0), 'encoding', 0],
    ['an unknown cookie', bytes('# coding: klingon\n'), 'encoding', 1],
    ['a null byte', bytes('a = 1\nb', 0, ' = 2'), 'null-byte', 2],
    ['a picture', bytes(0x89, 'PNG', 0, 0), 'null-byte', 1],
  ])('%s is named', (_, source, code, line) => {
    expect(refusal(source)).toMatchObject({ code, line })
  })

  test('names are normalised as Python does, columns count UTF-8 bytes', () => {
    const read = tree('ﬁ = ä; b = 1')
    expect(outline(read)).toBe('Module(Assign(Name fi, Name ä), Assign(Name b, Number 1))')
    expect(read.column(read.size - 1)).toBe(Buffer.byteLength('ﬁ = ä; b = '))
  })
})

describe('white space', () => {
  const expected = 'Module(If(Name a, Body(Expr(Name b), Expr(Name c))))'
  test.each([
    ['CRLF', 'if a:\r\n  b\r\n  c\r\n'],
    ['CR alone', 'if a:\r  b\r  c\r'],
    ['tabs', 'if a:\n\tb\n\tc'],
    ['a form feed before the indentation', 'if a:\n  b\n\f  c'],
    ['comments and blank lines at any indentation', 'if a:\n  b\n# x\n      # y\n\n\t\n  c'],
    ['continued lines', 'if \\\n a:\n  b\n  \\\nc'],
    ['no newline at the end', 'if a:\n  b\n  c'],
    ['semicolons', 'if a: b; c;'],
  ])('%s', (_, source) => {
    expect(outline(tree(source))).toBe(expected)
  })

  test('lines are counted through strings, brackets and continuations', () => {
    const read = tree('a = """\n\n"""\nb = (\n\n1)\nc = \\\n2\nd')
    const last = read.size - 1
    expect([read.line(last), read.value(0)]).toEqual([9, 9])
  })
})

test('a template named .py is called one', () => {
  expect(refusal('import os\n{% if x %}\nclass {{ name }}:\n  pass\n{% endif %}\n')).toMatchObject({
    code: 'template',
    line: 2,
  })
})

test('a long string keeps its beginning', () => {
  const read = tree(`x = '${'ä'.repeat(20_000)}'`)
  const string = read.size - 1
  expect(read.kind(string)).toBe(Kind.String)
  expect(read.text(string)).toBe('ä'.repeat(8_192))
  expect(read.flags(string)).toBe(2)
})

test('comments that speak to a checker keep their text', () => {
  const read = tree('a = 1  # footing: allow import-cycle, because\n# plain: nothing\nb = 2 # noqa: E501\n')
  const comments = [...read.comments].flatMap((_, at, words) =>
    at % 2 === 0 ? [[words[at], words[at + 1] === -1 ? '' : read.strings.text(read.names[words[at + 1]!]!)]] : [],
  )
  expect(comments).toEqual([
    [1, '# footing: allow import-cycle, because'],
    [2, ''],
    [3, '# noqa: E501'],
  ])
})
