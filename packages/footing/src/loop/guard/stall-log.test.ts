// Which stalls are worth a line: the application's own, when its thread computed or blocked; never Footing's, never the machine's.
import { expect, test } from 'vitest'
import type { LogFields } from '../../work/log.ts'
import type { StackFrame } from './stack-frame.ts'
import type { Stall } from './stall.ts'
import { stallLog } from './stall-log.ts'

const frame = (owner: StackFrame['owner'], name = 'work'): StackFrame => ({
  function: name,
  file: 'file.ts',
  line: 1,
  column: 1,
  owner,
})
const stall = (stack: readonly StackFrame[], more: Partial<Stall> = {}): Stall => ({
  durationMs: 100,
  cpuMs: 95,
  handler: 'GET /reports',
  module: 'reports',
  route: 'GET /reports',
  attribution: 'sample',
  context: undefined,
  frame: stack.find(({ owner }) => owner === 'application') ?? stack.find(({ owner }) => owner === 'package'),
  innermost: stack[0],
  stack,
  budgetMs: 50,
  withinBudget: false,
  ...more,
})

function written(stalls: readonly Stall[], atMs = 60_000): number {
  const lines: LogFields[] = []
  const line = (_message: string, fields: LogFields = {}) => lines.push(fields)
  const now = { ms: 0 }
  const write = stallLog({ debug: line, info: line, warn: line, error: line }, () => now.ms)
  now.ms = atMs
  for (const each of stalls) write(each)
  return lines.length
}

const warm = 60_000
const early = 3_000
test.each([
  ['the application computes', [frame('application')], {}, warm, 1],
  ['the same right after the start', [frame('application')], {}, early, 1],
  [
    'the application blocks in a function of Node',
    [frame('node', 'pbkdf2Sync'), frame('application')],
    { cpuMs: 3 },
    warm,
    1,
  ],
  ['it computes on a machine that others use', [frame('application')], { durationMs: 300, cpuMs: 60 }, warm, 1],
  ['it waits by Atomics', [frame('node', 'wait'), frame('application')], { cpuMs: 0 }, warm, 1],
  ['the machine was busy while it ran', [frame('application')], { cpuMs: 14 }, warm, 0],
  ['the machine was busy, nothing was seen', [], { cpuMs: 14, attribution: 'section' }, warm, 0],
  ['Footing computes for a request', [frame('footing', 'quantile'), frame('node')], {}, warm, 0],
  ['Footing is called by the application', [frame('footing'), frame('application')], {}, warm, 1],
  ['a package computes', [frame('package', 'parse'), frame('footing')], {}, warm, 1],
  ['a package is compiled right after the start', [frame('package', 'load')], {}, early, 0],
  ['only the handler is known', [], { attribution: 'section' }, warm, 1],
  ['only the handler is known, right after the start', [], { attribution: 'section' }, early, 0],
  ['nobody is known', [], { handler: undefined, attribution: 'none' }, warm, 0],
  ['within its budget', [frame('application')], { withinBudget: true }, warm, 0],
] as const)('%s', (_what, stack, more, atMs, lines) => {
  expect(written([stall(stack, more)], atMs)).toBe(lines)
})
