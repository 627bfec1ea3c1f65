import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'

const entry = fileURLToPath(new URL('./main.ts', import.meta.url))

/** Arguments for node that run `main` from the sources, with a command for the test when one is given. */
function nodeArguments(argv: readonly string[], command?: string): readonly string[] {
  const known = command === undefined ? '' : `, [{ options: [], examples: [], docs: '', summary: '', ${command} }]`
  const script = `const { main } = await import(${JSON.stringify(entry)}); process.exitCode = await main(process.argv.slice(1)${known})`
  return ['--conditions=@footing/source', '--input-type=module', '-e', script, '--', ...argv]
}

async function footing(argv: readonly string[], command?: string, env: Record<string, string> = {}) {
  const child = promisify(execFile)(process.execPath, nodeArguments(argv, command), {
    env: { PATH: process.env.PATH, ...env },
  })
  // A non-zero exit rejects with the same fields that a zero exit resolves with.
  return await child.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (failed: { code: number; stdout: string; stderr: string }) => failed,
  )
}

describe('exit codes and streams', () => {
  test('help is data: stdout, 0', async () => {
    const { code, stdout, stderr } = await footing(['--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('Exit codes')
  })

  test('a wrong flag is 2, on stderr, with what to do', async () => {
    const { code, stdout, stderr } = await footing(['info', '--jsn'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('Did you mean --json?')
  })

  test('with --json a wrong flag is JSON on stdout and nothing else', async () => {
    const { code, stdout, stderr } = await footing(['info', '--nope', '--json'])
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1, ok: false, error: { code: 'usage' } })
  })

  test('a coded fault is 2, with why and what to do', async () => {
    const { code, stderr } = await footing(['dev', '/'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/error There is no application[\s\S]+why[\s\S]+do[\s\S]+footing explain app-missing/)
  })

  test('a rule is explained by its page, also without its decision', async () => {
    for (const name of ['boundaries/deep-import', 'deep-import']) {
      const { code, stdout } = await footing(['explain', name])
      expect(code).toBe(0)
      expect(stdout).toMatch(/^# boundaries\/deep-import\n/)
    }
    expect((await footing(['explain', 'boundaries/nothing'])).code).toBe(2)
  })

  test('a folder that is not there is 2, and so is a file', async () => {
    for (const place of ['/nowhere', entry]) {
      const { code, stderr } = await footing(['info', '-C', place])
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`there is no folder '${place}'`) })
    }
  })

  test('settings that are missing are each told once', async () => {
    const example = fileURLToPath(new URL('../../../examples/conduit', import.meta.url))
    const { code, stderr } = await footing(['start', example])
    expect(code).toBe(2)
    expect(stderr.match(/TOKEN_SECRET is not set/g)).toHaveLength(1)
  })

  test('a fault of ours is 3, with a block for the report', async () => {
    const { code, stderr } = await footing(['x'], `name: 'x', run: async () => { throw new RangeError('inside') }`)
    expect(code).toBe(3)
    expect(stderr).toMatch(
      /not of your project[\s\S]+footing \d+\.\d+\.\d+ · node[\s\S]+footing x[\s\S]+RangeError: inside/,
    )
  })

  test('the block for the report shows no secret of an address', async () => {
    const command = `name: 'x', run: async () => { throw new Error('no answer of postgres://me:hunter2@db/app') }`
    for (const argv of [['x'], ['x', '--json']]) {
      const { code, stdout, stderr } = await footing(argv, command)
      expect(code).toBe(3)
      expect(stdout + stderr).toContain('postgres://…@db/app')
      expect(stdout + stderr).not.toContain('hunter2')
    }
  })

  test('a fault of ours with --json stays JSON', async () => {
    const { code, stdout } = await footing(['x', '--json'], `name: 'x', run: async () => { throw 'text' }`)
    expect(code).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'internal', message: 'text' } })
  })

  test('the version names Node and the platform', async () => {
    const { stdout } = await footing(['-V'])
    expect(stdout).toMatch(/^footing \d+\.\d+\.\d+ · node \d+\.\d+\.\d+ · \w+ \w+\n$/)
  })

  test('no escape code reaches a pipe', async () => {
    for (const argv of [['--help'], ['nope']]) {
      const { stdout, stderr } = await footing(argv)
      expect(stdout + stderr).not.toContain('\u001b')
    }
  })
})

describe('being stopped', () => {
  const waiting = `name: 'wait', run: ({ signal, terminal }) => new Promise((resolve) => {
    setInterval(() => {}, 1e6); signal.addEventListener('abort', () => { terminal.out('stopping'); if (!process.env.STUBBORN) resolve(0) }); terminal.out('begun')
  }).then((code) => { process.exit(code) })`

  async function begin(env: Record<string, string>) {
    const child = spawn(process.execPath, nodeArguments(['wait'], waiting), { env: { PATH: process.env.PATH, ...env } })
    child.stdout.setEncoding('utf8')
    await until(child, 'begun')
    return child
  }

  async function until(child: Awaited<ReturnType<typeof spawn>>, word: string): Promise<void> {
    for await (const [chunk] of onEach(child)) if (String(chunk).includes(word)) return
  }

  async function* onEach(child: ReturnType<typeof spawn>) {
    while (true) yield await once(child.stdout ?? child, 'data')
  }

  test.each(['SIGINT', 'SIGTERM'] as const)('one %s lets the command end by itself', async (signal) => {
    const child = await begin({})
    child.kill(signal)
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  test('two signals of one key press are one; a later one kills with 130', async () => {
    const child = await begin({ STUBBORN: '1' })
    const ended = once(child, 'exit')
    child.kill('SIGINT')
    await until(child, 'stopping')
    child.kill('SIGINT')
    // The press is over after 400 ms; whoever presses again until it works will be heard then.
    const pressing = setInterval(() => child.kill('SIGINT'), 50)
    const begun = performance.now()
    expect(await ended).toEqual([130, null])
    expect(performance.now() - begun).toBeGreaterThan(250)
    clearInterval(pressing)
  })

  test('under npm, a shell that is ended takes the command along', async () => {
    const shell = spawn('sh', ['-c', '"$@"; true', 'sh', process.execPath, ...nodeArguments(['wait'], waiting)], {
      env: { PATH: process.env.PATH, npm_lifecycle_event: 'start' },
    })
    shell.stdout.setEncoding('utf8')
    await until(shell, 'begun')
    shell.kill('SIGTERM')
    await until(shell, 'stopping')
  })

  test('a reader that goes away is no error', async () => {
    const child = spawn('bash', [
      '-c',
      'set -o pipefail; "$@" | true',
      'bash',
      process.execPath,
      ...nodeArguments(['--help']),
    ])
    let stderr = ''
    child.stderr.on('data', (chunk) => {
      stderr += String(chunk)
    })
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(stderr).toBe('')
  })
})
