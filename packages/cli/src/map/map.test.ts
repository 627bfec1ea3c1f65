import { defineModule, event, op } from '@footing/core'
import { printable } from '@footing/kernel'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { arrange } from './arrange.ts'
import { codeowners, codeownersMarkers } from './codeowners.ts'
import { drawMap } from './draw-map.ts'
import { drawMatrix, mostRows } from './draw-matrix.ts'
import { mapOfApplication } from './from-application.ts'
import { layOut, mostNodes } from './layout.ts'
import { madeMap } from './map-fixture.ts'
import { mapPage } from './map-page.ts'
import { mapText } from './map-text.ts'
import { sectionOf, withSection } from './marked-section.ts'
import { mermaid } from './mermaid.ts'
import { shapeLine } from './shape-line.ts'

const plain = { style: (text: string) => text, unicode: true, width: 80 }

describe('the map of an application', () => {
  const identity = defineModule('identity', {
    owner: '@acme/people',
    port: { whoIs: op({ in: z.object({ token: z.string() }), out: z.object({ id: z.int() }), idempotent: true }) },
    tables: ['account'],
  })
  const billing = defineModule('billing', {
    owner: '@acme/payments',
    needs: [identity],
    port: { charge: op({ in: z.object({ cents: z.int(), note: z.string().optional() }), deadline: '2s' }) },
    events: { paid: event(z.object({ invoice: z.string() }), { summary: 'an invoice was paid' }) },
    tables: ['invoice'],
    reads: { identity: ['account_card'] },
  })
  const map = mapOfApplication({ name: 'acme', modules: [identity, billing] }, new Map([['billing', 'src/billing']]))

  it('says of each module what its manifest says', () => {
    expect(map.modules.find(({ name }) => name === 'billing')).toEqual({
      name: 'billing',
      owner: '@acme/payments',
      folder: 'src/billing',
      operations: [
        {
          name: 'charge',
          summary: undefined,
          idempotent: false,
          deadlineMs: 2000,
          takes: '{ cents: integer, note?: string }',
          gives: undefined,
        },
      ],
      events: [{ name: 'paid', summary: 'an invoice was paid', payload: '{ invoice: string }' }],
      tables: ['invoice'],
      reads: ['identity.account_card'],
      hears: [],
      settings: [],
      needs: ['identity'],
      neededBy: [],
    })
    expect(map.modules.find(({ name }) => name === 'identity')?.neededBy).toEqual(['billing'])
    expect(map.arrows).toEqual([{ from: 'billing', to: 'identity', imports: undefined }])
  })

  it('has a page for each module, with links both ways', () => {
    const page = mapPage(map, undefined)
    expect(page).toContain('id="module-billing"')
    expect(page).toContain('<dt>called by</dt><dd><a href="#module-billing">billing</a></dd>')
    expect(page).toContain('an invoice was paid')
    expect(page).not.toContain('<script')
  })
})

describe('the order of modules', () => {
  it('puts callers first and members of a cycle side by side', () => {
    const { order, cycles } = arrange(
      madeMap(['web > orders', 'orders > stock', 'stock > prices', 'prices > orders', 'stock > log']),
    )
    expect(order[0]).toBe('web')
    expect(order.at(-1)).toBe('log')
    expect(cycles).toEqual([['orders', 'prices', 'stock']])
  })

  it('never lets an arrow outside of cycles run backwards, whatever the graph', () => {
    const arrow = fc.tuple(fc.integer({ min: 0, max: 14 }), fc.integer({ min: 0, max: 14 }))
    fc.assert(
      fc.property(fc.array(arrow, { maxLength: 60 }), (pairs) => {
        const map = madeMap(pairs.map(([from, to]) => `m${from} > m${to}`))
        const { order, cycles } = arrange(map)
        expect(order.toSorted()).toEqual(map.modules.map(({ name }) => name).toSorted())
        const place = new Map(order.map((name, index) => [name, index]))
        for (const { from, to } of map.arrows) {
          const together = cycles.some((cycle) => cycle.includes(from) && cycle.includes(to))
          if (from !== to && !together) expect(place.get(from)).toBeLessThan(place.get(to) ?? -1)
        }
      }),
    )
  })

  it('takes a chain of 20,000 modules without running out of stack', () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `m${index}`)
    const modules = madeMap([]).modules
    const arrows = names.slice(1).map((to, index) => ({ from: `m${index}`, to, imports: undefined }))
    const map = { modules: [...modules, ...names.map((name) => ({ ...madeMap(['x']).modules[0], name }))], arrows }
    expect(arrange(map as Parameters<typeof arrange>[0]).order[0]).toBe('m0')
  })
})

describe('the picture', () => {
  it('has a card for each module and draws arrows of a cycle in red', async () => {
    const map = madeMap(['web > orders', 'orders > stock', 'stock > orders'])
    const placed = await layOut(map)
    if (placed === undefined) throw new Error('three modules are laid out')
    const svg = drawMap(map, placed, (name) => `#${name}`)
    expect(svg.match(/class="card"/g)).toHaveLength(3)
    expect(svg.match(/class="arrow cycle"/g)).toHaveLength(2)
    expect(svg.match(/class="arrow"/g)).toHaveLength(1)
    for (const { x, y, width, height } of placed.nodes) {
      expect(x).toBeGreaterThanOrEqual(0)
      expect(x + width).toBeLessThanOrEqual(placed.width)
      expect(y + height).toBeLessThanOrEqual(placed.height)
    }
  })

  it('gives up on a layout that takes too long, and on too many modules', async () => {
    expect(await layOut(madeMap(['a > b']), 0)).toBeUndefined()
    const many = Array.from({ length: mostNodes }, (_, index) => `a${index} > b${index}`)
    expect(await layOut(madeMap(many))).toBeUndefined()
  })

  it('draws a matrix of any size, the most connected modules first', () => {
    const many = Array.from({ length: 400 }, (_, index) => `m${index} > hub ${index + 1}`)
    const svg = drawMatrix(madeMap(many))
    expect(svg.match(/class="self"/g)).toHaveLength(mostRows)
    expect(svg).toContain('m399 imports hub, 400 times')
    expect(svg).not.toContain('>m0<')
  })

  it('lets no name out of the markup it stands in', async () => {
    const hostile = `<script>alert(1)</script>"'&\u0000`
    const map = madeMap([`a > ${hostile}`], { a: { owner: '</svg><script>', tables: ['<b>'] } })
    const placed = await layOut(map)
    const page = mapPage(map, placed)
    expect(page).not.toMatch(/<script|<b>|<\/svg><script/)
    expect(page).not.toContain('\u0000')
  })
})

describe('Mermaid', () => {
  it('is a flowchart that hostile names cannot end', () => {
    expect(mermaid(madeMap(['billing > identity']))).toBe(
      'flowchart LR\n  m0["billing<br/>@shop/billing"]\n  m1["identity<br/>@shop/identity"]\n  m0 --> m1\n',
    )
    const text = mermaid(madeMap(['a > b"];click'], { a: { owner: '"]\nclick m0 "javascript:alert(1)"' } }))
    expect(text.split('\n')).toHaveLength(5)
    expect(text).not.toMatch(/javascript:|\]\s*click/)
  })
})

describe('CODEOWNERS', () => {
  const markers = codeownersMarkers('shop')

  it('has a line for each module', () => {
    expect(codeowners(madeMap(['billing > id']))).toBe('/src/billing/  @shop/billing\n/src/id/       @shop/id')
  })

  it('escapes what has a meaning in a pattern and refuses an owner that is none', () => {
    expect(codeowners(madeMap(['a'], { a: { folder: 'my app/[a]*#' } }))).toBe('/my\\ app/\\[a\\]\\*\\#/  @shop/a')
    expect(codeowners(madeMap(['a'], { a: { folder: 'x\n* @evil\u2028\u0000' } }))).toBe('/x?\\*\\ @evil??/  @shop/a')
    for (const owner of ['payments', '@a\n* @evil', '', '@a #']) {
      expect(() => codeowners(madeMap(['a'], { a: { owner } }))).toThrow(
        expect.objectContaining({ code: 'map-owner-invalid' }),
      )
    }
    expect(codeowners(madeMap(['a'], { a: { owner: '@acme/a ops@acme.example' } }))).toContain('ops@acme.example')
  })

  it('replaces its own part only, keeps line ends, and reads back what it wrote', () => {
    const first = withSection('* @all\r\n', 'one', markers, 'CODEOWNERS')
    expect(first).toBe(`* @all\r\n\r\n${markers.begin}\r\none\r\n${markers.end}\r\n`)
    const second = withSection(`${first}/docs/ @writers\r\n`, 'two\nthree', markers, 'CODEOWNERS')
    expect(second).toBe(`* @all\r\n\r\n${markers.begin}\r\ntwo\r\nthree\r\n${markers.end}\r\n/docs/ @writers\r\n`)
    expect(sectionOf(second, markers, 'CODEOWNERS')).toBe('two\nthree')
    expect(sectionOf('* @all\n', markers, 'CODEOWNERS')).toBeUndefined()
  })

  it('refuses a file whose markers are torn', () => {
    for (const text of [
      markers.begin,
      `${markers.end}\n${markers.begin}`,
      `${markers.begin}\n${markers.begin}\n${markers.end}`,
    ]) {
      expect(() => withSection(text, 'x', markers, 'CODEOWNERS')).toThrow(
        expect.objectContaining({ code: 'map-markers-broken' }),
      )
    }
  })
})

describe('the text for a terminal', () => {
  it('shows no control character and no mark that reorders, wherever the name stands', () => {
    const evil = 'a\u001b[2J\r\u202eb'
    const map = { ...madeMap([`${evil} > id`], { [evil]: { owner: evil } }), title: evil }
    const text = mapText(map, { style: (part) => part, unicode: true, width: 80 }).join('\n')
    expect(text).toContain('a\\u{1b}[2J')
    for (const line of text.split('\n')) expect(printable(line)).toBe(line)
  })

  it('names cycles and shortens long lists', () => {
    const lines = mapText(
      madeMap(['a > b', 'b > a', ...Array.from({ length: 30 }, (_, index) => `a > module${index}`)]),
      plain,
    )
    expect(lines[0]).toBe('shop  32 modules, 32 arrows, 1 cycle')
    expect(lines.at(-1)).toBe('  cycle  a, b')
    expect(lines.find((line) => line.startsWith('  a '))).toMatch(/──▶ b, module0.* and \d+ more$/)
    expect(mapText(madeMap(['a > b']), { ...plain, unicode: false }).join('\n')).toContain('-->')
  })
})

describe('a shape in one line', () => {
  it('reads like a type', () => {
    const schema = z.object({
      kind: z.enum(['a', 'b']),
      tags: z.array(z.string().nullable()),
      map: z.record(z.string(), z.int()),
    })
    expect(shapeLine(schema['~standard'].jsonSchema.output({ target: 'draft-2020-12' }))).toBe(
      '{ kind: "a" | "b", tags: (string | null)[], map: Record<string, integer> }',
    )
  })

  it('ends on schemas that hold themselves, and on endless ones', () => {
    const self: Record<string, unknown> = { type: 'object', required: ['next'] }
    self.properties = { next: self }
    expect(shapeLine(self)).toContain('…')
    expect(shapeLine({ $defs: { a: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' })).toBe('…')
    expect(shapeLine(null)).toBe('any')
  })
})
