#!/usr/bin/env node
// Starts the command line on a Node that Footing supports. Plain JavaScript for any old Node:
// this file must parse and explain itself even where the rest would not run.
import { existsSync } from 'node:fs'
import * as module from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { becomeLean } from './lean-process.js'
import { relay } from './relay.js'

const [major, minor] = process.versions.node.split('.').map(Number)
const supported = major > 22 || (major === 22 && minor >= 18)

if (supported) {
  if (process.argv[2] === 'start') becomeLean()
  // Compiled code is kept between runs: a second start does not compile again. NODE_DISABLE_COMPILE_CACHE turns it off.
  if (typeof module.enableCompileCache === 'function') module.enableCompileCache()
  const { main } = await import('../dist/main.js')
  process.exitCode = await main(process.argv.slice(2))
} else {
  const newer = findNewerNode()
  if (newer === undefined) {
    process.stderr.write(
      `footing needs Node 22.18 or newer; this is Node ${process.versions.node}.\n` +
        'Older lines no longer get security fixes, and the database and HTTP libraries have left them.\n' +
        'Install Node 24 from nodejs.org, or bring it with this project: npm install --save-dev node@24\n',
    )
    process.exitCode = 2
  } else {
    relay(newer, [fileURLToPath(import.meta.url), ...process.argv.slice(2)])
  }
}

// A Node that npm installed beside us, looked for from here upwards and from the working directory upwards.
function findNewerNode() {
  const bin = process.platform === 'win32' ? 'node.exe' : 'node'
  const packages = [
    `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`,
    `node-bin-${process.platform}-${process.arch}`,
  ]
  for (const start of [dirname(fileURLToPath(import.meta.url)), process.cwd()]) {
    for (let folder = start; ; folder = dirname(folder)) {
      for (const name of packages) {
        const candidate = join(folder, 'node_modules', name, 'bin', bin)
        if (existsSync(candidate) && candidate !== process.execPath) return candidate
      }
      if (dirname(folder) === folder) break
    }
  }
  return undefined
}
