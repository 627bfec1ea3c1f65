// CPU-bound work on threads.
export { type CpuCallOptions, type CpuModule, cpu, type OnThread } from './cpu.ts'
export { type CpuOptions, type CpuState, closeCpu, configureCpu, cpuState } from './cpu-pool.ts'
export { cpuErrors } from './errors.ts'
