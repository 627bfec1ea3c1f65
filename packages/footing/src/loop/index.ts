// The public list of the event loop: the guard that names stalls, threads for CPU-bound work, bounded fan-out.
export * from './fan-out/index.ts'
export * from './guard/index.ts'
export * from './limit/index.ts'
export * from './threads/index.ts'
