// Entry of the process that `footing dev` starts for the application: node app-process.js <folder> <entry>.
import { enableCompileCache } from 'node:module'

enableCompileCache?.()
// Whoever runs Footing from its sources wants this process to do so too.
const fromSources = process.execArgv.includes('--conditions=@footing/source')
const { runAppProcess } = await import(fromSources ? '../src/dev/app-process.ts' : '../dist/dev/app-process.js')
await runAppProcess(process.argv[2] ?? '.', process.argv[3] ?? 'src/app.ts')
