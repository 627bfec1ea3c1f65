import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { brokenLinks, readExamples } from './docs-examples.ts'

const fence = '```'
const page = [
  '# Title',
  `${fence}sh run exit=2`,
  'footing nope',
  fence,
  `${fence}ts check`,
  'export {}',
  fence,
  `${fence}sh shown="needs a server"`,
  'psql',
  fence,
  `${fence}sh`,
  'rm -rf /',
  fence,
  `${fence}text`,
  'not code',
  fence,
  `1. item`,
  `   ${fence}sh run`,
  '   echo a',
  '     echo b',
  `   ${fence}`,
].join('\n')

test('blocks are found with their place, mode and code', () => {
  expect(
    readExamples('p.md', page).map(({ line, language, mode, exit, text }) => [line, language, mode, exit, text]),
  ).toEqual([
    [2, 'sh', 'run', 2, 'footing nope\n'],
    [5, 'ts', 'check', 0, 'export {}\n'],
    [8, 'sh', 'shown', 0, 'psql\n'],
    [11, 'sh', 'unmarked', 0, 'rm -rf /\n'],
    [18, 'sh', 'run', 0, 'echo a\n  echo b\n'],
  ])
})

test('a link that leads nowhere is named, wherever it stands; addresses, anchors and code are left alone', () => {
  const text = [
    '[a](there.md) [b](../gone.md#part)',
    '![p](pictures/x.png) <img src="pictures/y.png">',
    '[c](https://example.com/z) [d](#here)',
    `${fence}md`,
    '[e](only-code.md)',
    fence,
  ].join('\n')
  expect(brokenLinks('docs/p.md', text, (path) => path === 'docs/there.md')).toEqual([
    '1  leads nowhere: ../gone.md',
    '2  leads nowhere: pictures/x.png',
    '2  leads nowhere: pictures/y.png',
  ])
})

test('a block that names a file becomes one, and a program may stand beside it; SQL without a file is only text', () => {
  const files = [
    `${fence}sql file=m/0001.sql`,
    'create',
    fence,
    `${fence}sql`,
    'select',
    fence,
    `${fence}ts run with=files`,
    'x',
    fence,
  ]
  expect(readExamples('p.md', files.join('\n')).map(({ mode, file, withFiles }) => [mode, file, withFiles])).toEqual([
    ['file', 'm/0001.sql', false],
    ['run', undefined, true],
  ])
})

test('the smallest application with a table is as small as the page says: 35 lines in three files', () => {
  const page = 'docs/getting-started.md'
  const files = readExamples(page, readFileSync(page, 'utf8')).filter(({ mode }) => mode === 'file')
  const lines = files.flatMap(({ text }) => text.split('\n')).filter((line) => line.trim() !== '')
  expect(files.map(({ file }) => file)).toHaveLength(3)
  expect(lines.length).toBeLessThanOrEqual(35)
})
