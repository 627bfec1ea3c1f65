// Runs the command on another Node and stands in for it: signals go there, its end becomes ours. Plain JavaScript for
// any old Node.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/**
 * Starts `node` with arguments and becomes a relay. A Ctrl-C in a terminal reaches the child both from the terminal and
 * from here; it takes two signals within a moment for one. Should the relay itself be killed, the child sees its control
 * channel close and stops: nothing is left running. npm and npx end only the shell in which they run a command, so under
 * them the end of the parent is a wish to stop.
 */
export function relay(node, argv) {
  const child = spawn(node, argv, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  const parent = process.ppid
  const underNpm = process.env.npm_lifecycle_event !== undefined
  const watching = underNpm
    ? setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 250).unref()
    : undefined
  child.on('error', (error) => {
    process.stderr.write(`footing could not start ${node}: ${error.message}\nRun npm ci again to restore it.\n`)
    process.exitCode = 2
  })
  child.on('exit', (code, signal) => {
    clearInterval(watching)
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0)
    for (const name of signals) process.removeAllListeners(name)
  })
}
