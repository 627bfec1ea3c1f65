// The command on real folders: an application, another repository, files that are kept, metrics over HTTP.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isFootingError } from '@footing/kernel'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTerminal } from '../command/terminal.ts'
import { parse } from '../parse.ts'
import { map } from './map.ts'

const conduit = fileURLToPath(new URL('../../../../examples/conduit', import.meta.url))

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'footing map '))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))
const home = mkdtempSync(join(tmpdir(), 'map cache '))
afterAll(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }))

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

async function footing(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const out: string[] = []
  const err: string[] = []
  const parsed = parse(['map', ...args], [map])
  if (parsed.kind !== 'run') throw new Error(`parsed as ${parsed.kind}`)
  const terminal = createTerminal({
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    env,
    ...parsed.globals,
  })
  const { signal } = new AbortController()
  const context = {
    args: parsed.args,
    options: parsed.options,
    terminal,
    cwd: root,
    env: { XDG_CACHE_HOME: home, ...env },
    signal,
  }
  const code = await map.run(context).catch((error: unknown) => {
    if (!isFootingError(error)) throw error
    err.push(error.message)
    return error.code
  })
  return { code, out: out.join(''), err: err.join('') }
}

/** Three folders of domains in a cycle of two, and one that is left alone. */
const shop = {
  'package.json': '{"name":"shop","type":"module"}',
  'tsconfig.json': '{}',
  'src/modules/orders/index.ts': "import { price } from '../prices/index.ts'\nexport const order = () => price\n",
  'src/modules/prices/index.ts': "import { order } from '../orders/index.ts'\nexport const price = () => order\n",
  'src/modules/mail/index.ts': 'export const mail = 1\n',
}

describe('footing map', () => {
  it('draws an application from its manifests, as data too', async () => {
    const { code, out } = await footing([conduit, '--json'])
    expect(code).toBe(0)
    const { map: drawn } = JSON.parse(out)
    expect(drawn.modules.map(({ name, folder }: { name: string; folder: string }) => [name, folder])).toEqual([
      ['billing', 'examples/conduit/src/billing'],
      ['content', 'examples/conduit/src/content'],
      ['identity', 'examples/conduit/src/identity'],
    ])
    expect(drawn.cycles).toEqual([])
  })

  it('draws another repository from its imports, cycles included', async () => {
    write(shop)
    const { code, out } = await footing([])
    expect(code).toBe(0)
    expect(out).toMatch(/3 modules, 2 arrows, 1 cycle/)
    const { out: svg } = await footing(['--format', 'svg'])
    expect(svg.match(/class="arrow cycle"/g)).toHaveLength(2)
    await footing(['--format', 'html', '--output', 'deep/er/map.html'])
    expect(readFileSync(join(root, 'deep/er/map.html'), 'utf8')).toContain('They can only be changed')
  })

  it('says when there is nothing to draw, and when a file cannot be written', async () => {
    write({ 'readme.txt': 'nothing here' })
    expect(await footing([])).toMatchObject({ code: 'map-nothing-to-draw', out: '' })
    write({ ...shop, 'taken/x': '' })
    expect(await footing(['--output', 'taken'])).toMatchObject({ code: 'map-file-unwritable' })
  })

  it('keeps its part of a README and tells when it is out of date', async () => {
    write({ ...shop, 'README.md': '# Shop\n' })
    const part = ['--format', 'mermaid']
    expect(await footing([...part, '--check'])).toMatchObject({ code: 1 })
    expect(readFileSync(join(root, 'README.md'), 'utf8')).toBe('# Shop\n')
    expect(await footing([...part, '--write'])).toMatchObject({ code: 0 })
    expect(readFileSync(join(root, 'README.md'), 'utf8')).toMatch(
      /^# Shop\n\n<!-- footing map.*\n\n```mermaid\nflowchart/,
    )
    expect(await footing([...part, '--check'])).toMatchObject({ code: 0 })
    write({ 'src/modules/mail/index.ts': "import { order } from '../orders/index.ts'\nexport const mail = order\n" })
    expect(await footing([...part, '--check'])).toMatchObject({ code: 1 })
    expect(await footing(['--check'])).toMatchObject({ code: 'map-format-unknown' })
    expect(await footing(['--format', 'codeowners', '--check'])).toMatchObject({ code: 'map-owner-invalid' })
  })

  describe('--pressure', () => {
    const metrics = `footing_request_duration_seconds_count{method="GET",route="/articles",module="content",status="2xx"} 100
footing_call_duration_seconds_count{module="billing",operation="supports",caller="content",code="ok"} 50
`

    it('reads metrics of a running application with its token', async () => {
      const asked: (string | undefined)[] = []
      const server = createServer((request, response) => {
        asked.push(request.headers.authorization)
        response.end(metrics)
      }).listen(0, '127.0.0.1')
      await new Promise((resolve) => server.once('listening', resolve))
      try {
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`
        const { out } = await footing([conduit, '--pressure', '--metrics', url, '--json'], { METRICS_TOKEN: 'secret' })
        const { pressure } = JSON.parse(out)
        expect(pressure.modules[0]).toMatchObject({ module: 'billing', calls: 50, callsPerRequest: 0.5 })
        expect(asked).toEqual(['Bearer secret'])
      } finally {
        server.closeAllConnections()
        server.close()
      }
    })

    it('reads a file, and says what is wrong without the secrets of an address', async () => {
      write({ 'metrics.txt': metrics, 'page.html': '<html>' })
      const { out } = await footing([conduit, '--pressure', '--metrics', 'metrics.txt'])
      expect(out).toContain('0.50')
      expect(await footing([conduit, '--pressure', '--metrics', 'page.html'])).toMatchObject({
        code: 'map-metrics-unreadable',
      })
      const away = await footing([
        conduit,
        '--pressure',
        '--metrics',
        'http://u:hunter2@127.0.0.1:1/metrics?token=hunter2',
      ])
      expect(away.code).toBe('map-metrics-unreadable')
      expect(away.err).not.toContain('hunter2')
      expect(await footing([conduit, '--pressure', '--metrics', 'metrics.txt', '--days', '0'])).toMatchObject({
        code: 'map-number-invalid',
      })
    })
  })
})
