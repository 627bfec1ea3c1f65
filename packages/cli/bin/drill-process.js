// Entry of the processes that `footing drill` starts: node drill-process.js <folder> <entry> <order as JSON>.
import { enableCompileCache } from 'node:module'

enableCompileCache?.()
// Whoever runs Footing from its sources wants this process to do so too.
const fromSources = process.execArgv.includes('--conditions=@footing/source')
const { runDrillProcess } = await import(
  fromSources ? '../src/drill/stand/drill-process.ts' : '../dist/drill/stand/drill-process.js'
)
await runDrillProcess(process.argv[2] ?? '.', process.argv[3] ?? 'src/app.ts', JSON.parse(process.argv[4] ?? '{}'))
