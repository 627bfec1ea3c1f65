// Functions without a name, as messages call them.
import { describe, expect, it } from 'vitest'
import type { Detection } from '../detection/detection.ts'
import type { EntryPoint, FunctionInfo, Module } from '../graph/contract.ts'
import { withPlainNames } from './plain-names.ts'

const detection = (line: number, what: string): Detection => ({
  place: { path: 'src/app.ts', line },
  subject: '<function>',
  evidence: 'x',
  message: { what, why: 'It waits.', do: 'Do not.' },
  confidence: 'definite',
})
const entry = {
  kind: 'route',
  framework: 'express',
  function: 3,
  label: 'POST /orders',
  place: { path: 'src/app.ts', line: 5 },
  onEventLoop: true,
} satisfies EntryPoint
const info = {
  id: 3,
  module: 0,
  kind: 'lambda',
  name: '<function>',
  line: 5,
  endLine: 9,
  isAsync: true,
  isGenerator: false,
  owner: -1,
} satisfies FunctionInfo
const module = {
  id: 0,
  path: 'src/app.ts',
  name: 'src/app',
  domain: -1,
  role: 'code',
  isPackage: false,
} satisfies Module
const program = { entries: [entry], functionInfo: () => info, modules: [module] }
const said = (line: number, what: string) => withPlainNames([detection(line, what)], [program])[0]?.message.what

describe('a function without a name', () => {
  it('is called by the route that it answers', () => {
    expect(said(7, '`<function>` waits for `load.<function>`.')).toBe('`POST /orders` waits for `POST /orders`.')
  })

  it('is called by the function around it, or not at all', () => {
    expect(said(20, '`Orders.load.<function>.<function>` waits.')).toBe('`Orders.load` waits.')
    expect(said(20, '`<function>` waits.')).toBe('A function without a name waits.')
    expect(said(20, '`load` waits.')).toBe('`load` waits.')
  })
})
