// Files that are broken, huge, binary or made to break the reader: each is named, and the rest goes on.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SyntaxTree } from '../../facts/tree.ts'
import { collectFacts } from '../collect-facts.ts'
import { nesting } from './nesting.ts'
import { readTypeScript } from './read-typescript.ts'

const codeOf = (source: string | Uint8Array, path?: string): string => {
  const tree = readTypeScript(source, path)
  return tree instanceof SyntaxTree ? 'read' : tree.code
}

/** Packets of 188 bytes that begin with 0x47, without a zero byte. */
const stream = (): Uint8Array => new Uint8Array(188 * 4).fill(0x20).map((byte, at) => (at % 188 === 0 ? 0x47 : byte))

describe('one file', () => {
  test.each([
    ['a mark of byte order', '\ufeffexport const a = 1', 'read'],
    ['lines of Windows', "import a from './a'\r\nexport { a }\r\n", 'read'],
    ['a shebang', '#!/usr/bin/env node\nconsole.log(1)\n', 'read'],
    ['nothing', '', 'read'],
    ['only a comment', '// nothing yet', 'read'],
    ['UTF-16', new Uint8Array([0xff, 0xfe, ...Buffer.from('let a = 1', 'utf16le')]), 'read'],
    ['Latin-1', new Uint8Array([0x2f, 0x2f, 0xe9]), 'encoding'],
    ['an MPEG transport stream', stream(), 'null-byte'],
    ['a stream with zeros', new Uint8Array(1000).fill(0x47, 0, 1), 'null-byte'],
    ['translations of Qt', '<?xml version="1.0"?>\n<!DOCTYPE TS>\n<TS></TS>', 'template'],
    ['a syntax error', 'export const = 1', 'syntax'],
    ['an open bracket', 'export const a = (1', 'syntax'],
  ])('%s', (_, source, expected) => {
    expect(codeOf(source)).toBe(expected)
  })

  test('says the line of a syntax error', () => {
    expect(readTypeScript('let a = 1\nlet b = 2\nlet c = = 3\n', 'b.ts')).toMatchObject({ code: 'syntax', line: 3 })
  })

  test('JSX is read in .js files and types in .ts files', () => {
    expect(codeOf('export const A = () => <div>{x}</div>', 'a.js')).toBe('read')
    expect(codeOf('const a = <string>b', 'a.ts')).toBe('read')
    expect(codeOf('with (a) { b }', 'a.cjs')).toBe('read')
  })

  /** One unit a line, so that the file does not pass for a bundle. */
  const times = (unit: string, count: number): string => `${unit}\n`.repeat(count)

  test.each([
    ['brackets', `${times('(', 60_000)}1${times(')', 60_000)}`],
    ['open brackets', times('[', 60_000)],
    ['blocks', `${times('{', 60_000)}${times('}', 60_000)}`],
    ['arrows', `x = ${times('a=>', 60_000)}1`],
    ['conditions', `x = ${times('a?b:', 60_000)}c`],
    ['types', `type T = ${times('A<', 60_000)}B${times('>', 60_000)}`],
    ['elements', `x = ${times('<a>', 60_000)}${times('</a>', 60_000)}`],
    ['else if', `if (a) {} ${times('else if (b) {}', 60_000)}`],
    ['operators', `x = ${times('!', 200_000)}a`],
    ['powers', `x = ${times('a**', 60_000)}b`],
    ['sums', `x = ${times('a+', 300_000)}b`],
    ['members', `x = a${times('.b', 300_000)}`],
    ['templates', `x = ${times('`${', 60_000)}1${times('}`', 60_000)}`],
    ['labels', `${times('a:', 60_000)}b`],
    ['branches', `${times('if(a)', 60_000)}b`],
    ['branches with labels', `${times('if(a)\nx:', 60_000)}b`],
    ['assignments', `x = ${times('a=', 60_000)}b`],
    ['calls', `x = a${times('()', 100_000)}`],
    ['indexes', `x = a${times('[0]', 100_000)}`],
    ['arrays of types', `type T = A${'[]\t'.repeat(30)}${times('[]'.repeat(50), 2_000)}`],
    ['casts', `x = a${times(' as b', 100_000)}`],
    ['brackets behind patterns', `${times('f(/)/,', 60_000)}1${times(')', 60_000)}`],
    ['brackets behind texts', `${times("f(')',", 60_000)}1${times(')', 60_000)}`],
    ['brackets behind templates', `${times('f(`)`,', 60_000)}1${times(')', 60_000)}`],
    ['brackets behind comments', `${times('f(/*)*/', 60_000)}1${times(')', 60_000)}`],
    ['awaits', `async function f() { ${times('await', 300_000)} b }`],
    ['words', `x = ${times('typeof', 60_000)} b`],
    ['classes', `${times('class A { a = ', 30_000)}1${times('}', 30_000)}`],
  ])('%s nested without end do not bring the process down', (_, source) => {
    expect(codeOf(source, 'a.tsx')).toMatch(/^(?:too-deep|syntax)$/)
  })

  test('assertions of types nested without end do not bring the process down', () => {
    expect(codeOf(`x = ${times('<a>', 60_000)}b`, 'a.ts')).toMatch(/^(?:too-deep|syntax)$/)
  })

  test('a long sum and a long chain of else are no nesting', () => {
    expect(codeOf(`export const x = ${"'a' +\n".repeat(3_000)}'b'`)).toBe('read')
    expect(codeOf(`if (a) { b }\n${'else if (c) { d }\n'.repeat(900)}`)).toBe('read')
  })

  test('the measure of nesting is low for plain code and high for a bomb', () => {
    const measure = (text: string): number => nesting(Buffer.from(text), text.length)
    expect(
      measure('export function f(a: Map<string, number>) { return a ? [1] : { b: 2 } }\n'.repeat(200)),
    ).toBeLessThan(0.5)
    expect(measure('('.repeat(3_000))).toBeGreaterThan(1)
  })
})

describe('a tree', () => {
  let root = ''
  const put = (path: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'hostile-ts-'))
    put('package.json', '{}')
    put('src/good.ts', 'export const good = 1\n')
    put('src/broken.ts', 'export const = 1\n')
    put('src/huge.ts', `export const x = [\n${"'0123456789012345678901234567890123456789',\n".repeat(240_000)}]\n`)
    put('src/video.ts', stream())
    put('src/bundle.js', `!function(){${'var a=1;b(a);'.repeat(2_000)}}()\n`)
    put('src/vendor.min.js', 'x\n')
    put('src/bomb.ts', '(\n'.repeat(50_000))
    put('dist/built.js', 'export const built = 1\n')
    put('node_modules/x/index.js', 'x\n')
    symlinkSync('..', join(root, 'src/loop'))
  })
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  test('each is read, named with its reason, or passed by', async () => {
    const facts = await collectFacts({ root, threads: 1 })
    expect(facts.trees.map((tree) => tree.path)).toEqual(['src/good.ts'])
    expect(facts.unparsed.map(({ path, code }) => `${path} ${code}`)).toEqual([
      'src/bomb.ts too-deep',
      'src/broken.ts syntax',
      'src/huge.ts too-large',
      'src/video.ts null-byte',
    ])
    expect(facts.skipped.map(({ path, reason }) => `${path} ${reason}`).sort()).toEqual([
      'dist generated',
      'node_modules dependency',
      'src/bundle.js generated',
      'src/loop link',
      'src/vendor.min.js generated',
    ])
  })

  test('scripts of a page are sources only where there is a package', async () => {
    const page = mkdtempSync(join(tmpdir(), 'page-js-'))
    try {
      writeFileSync(join(page, 'app.js'), 'alert(1)\n')
      writeFileSync(join(page, 'app.py'), 'x = 1\n')
      const without = await collectFacts({ root: page, threads: 1 })
      writeFileSync(join(page, 'package.json'), '{}')
      const together = await collectFacts({ root: page, threads: 1 })
      expect([without.trees.length, together.trees.length]).toEqual([1, 2])
    } finally {
      rmSync(page, { recursive: true, force: true })
    }
  })

  test('a cache that was written with TypeScript gives the same facts', async () => {
    const cache = join(root, '.cache')
    const cold = await collectFacts({ root: join(root, 'src'), threads: 1, cache })
    await cold.stored
    const { utimesSync } = await import('node:fs')
    for (const path of ['good.ts', 'broken.ts']) utimesSync(join(root, 'src', path), 1_700_000_000, 1_700_000_000)
    const again = await collectFacts({ root: join(root, 'src'), threads: 1, cache })
    expect(again.digest).toBe(cold.digest)
    expect(again.cached).toBeGreaterThan(0)
    expect(again.trees[0]?.size).toBe(cold.trees[0]?.size)
  })
})
