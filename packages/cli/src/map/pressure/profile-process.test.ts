// Profiles of real processes: one that is asked by its number, one whose inspector is open, and what is neither.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attributeProfile } from './attribute-profile.ts'
import { openInspector } from './inspector-session.ts'
import { parseProfileTarget, profileProcess } from './profile-process.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'footing profile ')))
const { signal } = new AbortController()
const folders = new Map(['heavy', 'light'].map((name) => [name, join(root, 'src', name)]))

beforeAll(() => {
  const burn = 'export function burn(ms) { const end = performance.now() + ms; while (performance.now() < end); }\n'
  // Half of the time idle; of the rest four fifths in one module, after an await.
  const main = `import { burn as heavy } from './heavy/burn.mjs'
import { burn as light } from './light/burn.mjs'
async function turn() { await null; heavy(16); light(4); setTimeout(turn, 20) }
turn()
console.log('ready')
`
  for (const [name, text] of [
    ['heavy/burn.mjs', burn],
    ['light/burn.mjs', burn],
    ['main.mjs', main],
  ] as const) {
    mkdirSync(join(root, 'src', name, '..'), { recursive: true })
    writeFileSync(join(root, 'src', name), text)
  }
})
afterAll(() => rmSync(root, { recursive: true }))

async function started(flags: readonly string[], work: (child: ChildProcess, errors: string[]) => Promise<void>) {
  const child = spawn(process.execPath, [...flags, join(root, 'src/main.mjs')], { stdio: ['ignore', 'pipe', 'pipe'] })
  const errors: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line))
  try {
    await once(createInterface({ input: child.stdout }), 'line')
    await work(child, errors)
  } finally {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}

describe('a profile', () => {
  it('of a process by its number gives its work to modules, and closes the inspector again', async () => {
    await started([], async ({ pid = 0 }) => {
      const { modules, busy, idle } = attributeProfile(await profileProcess({ pid }, 1, signal), folders)
      const [heavy = 0, light = 0] = [modules.get('heavy'), modules.get('light')]
      expect(heavy).toBeGreaterThan(2 * light)
      expect(light).toBeGreaterThan(0)
      expect(heavy + light).toBeLessThanOrEqual(busy + 1e-9)
      expect(idle).toBeGreaterThan(0)
      await expect
        .poll(() =>
          openInspector('127.0.0.1', 9229, signal).then(
            () => 'open',
            () => 'closed',
          ),
        )
        .toBe('closed')
      process.kill(pid, 0)
    })
  })

  it('again and again leaves the process alive, and a debugger that was there before open', async () => {
    await started([], async (child) => {
      for (let turn = 0; turn < 12; turn++) {
        await profileProcess({ pid: child.pid ?? 0 }, 0.05, signal)
        expect(child.exitCode ?? child.signalCode).toBeNull()
      }
    })
    await started(['--inspect=127.0.0.1:9229'], async ({ pid = 0 }) => {
      await profileProcess({ pid }, 0.05, signal)
      await new Promise((resolve) => setTimeout(resolve, 400))
      const session = await openInspector('127.0.0.1', 9229, signal)
      session.close()
    })
  })

  it('of an open inspector, which stays open', async () => {
    await started(['--inspect=127.0.0.1:0'], async (_, errors) => {
      const port = /ws:\/\/127\.0\.0\.1:(\d+)\//.exec(errors.join('\n'))?.[1]
      const target = parseProfileTarget(`:${port}`)
      const { modules } = attributeProfile(await profileProcess(target, 1, signal), folders)
      expect(modules.get('heavy')).toBeGreaterThan(modules.get('light') ?? 0)
      const session = await openInspector('127.0.0.1', Number(port), signal)
      session.close()
    })
  })

  it('that cannot be taken says why', async () => {
    const mute = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
    await once(mute, 'listening')
    const address = mute.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    try {
      for (const target of [{ host: '127.0.0.1', port }, { pid: 999_999_999 }]) {
        await expect(profileProcess(target, 1, signal)).rejects.toMatchObject({ code: 'map-profile-failed' })
      }
    } finally {
      mute.close()
    }
    for (const text of ['', 'x', '1.5', 'host:', 'host:99999', '-3']) {
      expect(() => parseProfileTarget(text)).toThrow(expect.objectContaining({ code: 'map-profile-failed' }))
    }
  })

  it('that is stopped ends at once and leaves the process alone', async () => {
    await started(['--inspect=127.0.0.1:0'], async ({ pid = 0 }, errors) => {
      const port = Number(/ws:\/\/127\.0\.0\.1:(\d+)\//.exec(errors.join('\n'))?.[1])
      const stop = new AbortController()
      const taken = profileProcess({ host: '127.0.0.1', port }, 600, stop.signal)
      stop.abort(new Error('enough'))
      await expect(taken).rejects.toThrow(/enough|abort/)
      process.kill(pid, 0)
    })
  })
})

describe('attribution', () => {
  it('takes the innermost module, built files and deep stacks included', () => {
    const frames = [
      { functionName: '(root)', url: '' },
      { functionName: 'handle', url: 'file:///app/src/orders/handle.ts' },
      { functionName: 'query', url: 'file:///app/node_modules/pg/lib/query.js' },
      { functionName: 'quote', url: 'file:///app/dist/prices/quote.js' },
      { functionName: '(idle)', url: '' },
    ]
    const profile = {
      nodes: frames.map((callFrame, id) => ({ id, callFrame, children: [[1, 4], [2], [3], [], []][id] ?? [] })),
      samples: [1, 2, 3, 4, 0],
      timeDeltas: [1e6, 2e6, 4e6, 8e6, -5],
    }
    const at = new Map([
      ['orders', '/app/src/orders'],
      ['prices', '/app/src/prices'],
    ])
    expect(attributeProfile(profile, at)).toEqual({
      modules: new Map([
        ['orders', 3],
        ['prices', 4],
      ]),
      busy: 7,
      idle: 8,
    })
    const deep = Array.from({ length: 50_000 }, (_, id) => ({
      id,
      callFrame: { functionName: 'f', url: '' },
      children: [id + 1],
    }))
    expect(attributeProfile({ nodes: deep, samples: [49_999], timeDeltas: [1e6] }, at).busy).toBe(1)
  })
})
