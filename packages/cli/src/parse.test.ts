import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { Command } from './command/command.ts'
import { commands } from './commands.ts'
import { parse } from './parse.ts'

const root = new URL('../../../', import.meta.url)

describe('the commands as data', () => {
  test('every file of the folder is a command of the list, under its own name', async () => {
    const names = readdirSync(new URL('./commands/', import.meta.url))
      .filter((file) => !file.endsWith('.test.ts'))
      .map((file) => file.replace(/\.ts$/, ''))
    expect(commands.map((command) => command.name).toSorted()).toEqual(names.toSorted())
  })

  test.each(commands.map((command) => [command.name, command] as const))('%s is complete', (_name, command) => {
    expect(command.summary).not.toMatch(/\.$/)
    expect(command.examples.length).toBeGreaterThan(0)
    expect(existsSync(fileURLToPath(new URL(command.docs, root))), command.docs).toBe(true)
  })

  const examples = commands.flatMap((command) => command.examples.map((example) => [example.run, command] as const))
  test.each(examples)('the example parses: %s', (line, command) => {
    const words = line.split(/\s+/)
    const argv = words.slice(words.indexOf('footing') + 1)
    expect(parse(argv, commands)).toMatchObject({ kind: 'run', command: { name: command.name } })
  })
})

const probe: Command = {
  name: 'probe',
  summary: 'a command for this test',
  arguments: [
    { name: 'first', summary: 'first', required: true },
    { name: 'rest', summary: 'the others', variadic: true },
  ],
  options: [
    { flags: '--deep-level <n>', summary: 'how deep', default: '3' },
    { flags: '--kind <kind>', summary: 'which', choices: ['a', 'b'] },
    { flags: '--no-watch', summary: 'not watching' },
  ],
  examples: [{ run: 'footing probe x', does: 'nothing' }],
  docs: 'README.md',
  run: async () => 0,
}

describe('parsing', () => {
  test('arguments and options arrive by name', () => {
    const parsed = parse(['probe', 'x', 'y', 'z', '--deep-level=9', '--kind', 'b', '-q', '-C', '/tmp'], [probe])
    expect(parsed).toMatchObject({
      kind: 'run',
      args: { first: 'x', rest: ['y', 'z'] },
      options: { deepLevel: '9', kind: 'b', watch: true },
      globals: { quiet: true, cwd: '/tmp', json: false, color: undefined },
    })
  })

  test('defaults and switched-off switches', () => {
    expect(parse(['probe', 'x', '--no-watch'], [probe])).toMatchObject({ options: { deepLevel: '3', watch: false } })
  })

  const refused = [
    { argv: ['prbe', 'x'], says: /unknown command 'prbe'/, hint: /Did you mean probe/ },
    { argv: ['probe', 'x', '--deep-levl', '3'], says: /unknown option '--deep-levl'/, hint: /--deep-level/ },
    { argv: ['probe', 'x', '--kind', 'c'], says: /Allowed choices are a, b/, hint: /footing probe --help/ },
    { argv: ['probe'], says: /missing required argument 'first'/, hint: /footing probe --help/ },
    { argv: ['probe', 'x', '--deep-level'], says: /argument missing/, hint: /--help/ },
    { argv: ['help', 'nothing'], says: /unknown command 'nothing'/, hint: /probe/ },
    { argv: ['--nonsense'], says: /unknown option/, hint: /footing --help/ },
  ]
  test.each(refused)('refuses $argv', ({ argv, says, hint }) => {
    const parsed = parse(argv, [probe])
    expect(parsed.kind).toBe('usage')
    if (parsed.kind !== 'usage') return
    expect(parsed.message).toMatch(says)
    expect(parsed.hint).toMatch(hint)
  })

  test('a usage fault knows that JSON was asked for', () => {
    expect(parse(['probe', 'x', '--bad', '--json'], [probe])).toMatchObject({ kind: 'usage', globals: { json: true } })
  })

  test.each([['--help'], ['-h'], ['help'], []])('%s shows what there is', (...argv) => {
    const parsed = parse(argv, [probe])
    expect(parsed).toMatchObject({ kind: 'help', text: expect.stringContaining('a command for this test') })
  })

  test.each([[['help', 'probe']], [['probe', '--help']], [['probe', '-h']], [['probe', 'x', '--help']]])(
    '%s shows the command with examples and its page',
    (argv) => {
      const parsed = parse(argv, [probe])
      expect(parsed.kind).toBe('help')
      if (parsed.kind !== 'help') return
      for (const part of ['footing probe x', '--kind <kind>', '(a, b)', '[default: 3]', 'Documentation: README.md']) {
        expect(parsed.text).toContain(part)
      }
    },
  )

  test.each(['-v', '-V', '--version'])('%s is the version, also after a command', (flag) => {
    expect(parse([flag], [probe]).kind).toBe('version')
    expect(parse(['probe', flag], [probe]).kind).toBe('version')
    expect(parse(['probe', '--', flag], [probe]).kind).toBe('run')
  })
})
