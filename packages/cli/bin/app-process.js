// Entry of the process that `footing dev` starts for the application: node app-process.js <folder> <entry>.
import { enableCompileCache } from 'node:module'

enableCompileCache?.()
const { runAppProcess } = await import('../dist/dev/app-process.js')
await runAppProcess(process.argv[2] ?? '.', process.argv[3] ?? 'src/app.ts')
