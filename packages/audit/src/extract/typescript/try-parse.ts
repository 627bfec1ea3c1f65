// Parses standard input in a thread and ends well if that ends: see nesting.ts. What kills the parser kills only this.
import { readFileSync } from 'node:fs'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { parser } from './parser.ts'

if (isMainThread) {
  const workerData = { path: process.argv[2] ?? 'file.ts', text: readFileSync(0, 'utf8') }
  new Worker(new URL(import.meta.url), { workerData }).once('error', () => process.exit(1))
} else {
  // Started above with nothing else.
  const { path, text } = workerData as { readonly path: string; readonly text: string }
  const parse = parser()
  if (parse instanceof Error) throw parse
  void parse(path, text).program
}
