import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { readSpecification } from './openapi-document.ts'
import { type RunningConduit, startConduit } from './running-conduit.ts'

const operation = z.object({
  operationId: z.string(),
  summary: z.string(),
  responses: z.record(
    z.string(),
    z.object({ content: z.record(z.string(), z.object({ schema: z.unknown() })).optional() }),
  ),
})
const description = z.object({
  openapi: z.string().startsWith('3.1'),
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
})

let conduit: RunningConduit
let described: Map<string, { readonly at: string; readonly operation: z.infer<typeof operation> }>

beforeAll(async () => {
  conduit = await startConduit()
  const { paths } = description.parse(await (await fetch(`${conduit.url}/openapi.json`)).json())
  described = new Map()
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, value] of Object.entries(methods).filter(([key]) => key !== 'parameters')) {
      const read = operation.parse(value)
      described.set(read.operationId, { at: `${method.toUpperCase()} ${path.replace(/^\/api/, '')}`, operation: read })
    }
  }
})

afterAll(() => conduit?.stop())

test('what the application says of itself holds every operation of the specification, at the same place', () => {
  for (const { id, method, path, answers } of readSpecification().operations.values()) {
    const own = described.get(id)
    expect(own?.at, id).toBe(`${method} ${path}`)
    const success = [...answers.keys()].find((status) => status < 300)
    expect(Object.keys(own?.operation.responses ?? {}), id).toContain(String(success))
  }
})

test("billing's operations are described with the schema of their answers", () => {
  const billing = [
    'SetPlan',
    'GetPlan',
    'StartPledge',
    'EndPledge',
    'GetPledges',
    'GetSupport',
    'GetInvoices',
    'PayInvoice',
  ]
  for (const id of billing) {
    const [status, answer] =
      Object.entries(described.get(id)?.operation.responses ?? {}).find(([key]) => key < '300') ?? []
    expect([id, status]).toEqual([id, id === 'StartPledge' ? '201' : '200'])
    expect(answer?.content?.['application/json']?.schema, id).toBeTypeOf('object')
  }
  const inSpecification = readSpecification().operations
  expect([...described.keys()].filter((id) => !inSpecification.has(id)).sort()).toEqual([...billing].sort())
})
