// Functions for the tests of cpu: well-behaved ones and hostile ones.
import { threadId } from 'node:worker_threads'
import { defineErrors } from '@footing/kernel'

const errors = defineErrors({
  'too-odd': { status: 422, retryable: false, what: '{number} is odd.', why: 'Odd.', remedy: 'Add one.' },
})

export const notAFunction = 7

export function square(value: number): number {
  return value * value
}

export async function where(): Promise<number> {
  return threadId
}

export function sum(bytes: Uint8Array): { readonly total: number; readonly bytes: Uint8Array } {
  return { total: bytes.reduce((left, right) => left + right, 0), bytes }
}

export function fail(message: string): never {
  throw Object.assign(new RangeError(message), { code: 'E_RANGE' })
}

export function failCoded(number: number): never {
  throw errors('too-odd', { details: { number } })
}

export function failWithText(): never {
  throw 'only a text'
}

export function loopForEver(): void {
  for (;;);
}

export function eatMemory(): number {
  const eaten: number[][] = []
  for (;;) eaten.push(Array.from({ length: 100_000 }, () => eaten.length))
}

export function leave(): never {
  process.exit(3)
}

export function answerWithFunction(): () => void {
  return () => undefined
}

export function spin(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}
