// The command line: parses, gives the command its world, and turns what came of it into words and an exit code.
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Command, type ExitCode, exit } from './command/command.ts'
import { readFault, reportFault, reportInternal } from './command/fault.ts'
import { listenForStop } from './command/stop.ts'
import { createTerminal, type Terminal } from './command/terminal.ts'
import { footingVersion, versionLine } from './command/version.ts'
import { commands } from './commands.ts'
import { type Parsed, parse } from './parse.ts'

/** Runs `footing` with the arguments after its name and gives the exit code. Never throws. */
export async function main(argv: readonly string[], known: readonly Command[] = commands): Promise<ExitCode> {
  surviveClosedPipes()
  const parsed = parse(argv, known)
  const terminal = createTerminal({
    stdout: process.stdout,
    stderr: process.stderr,
    stdinIsTTY: process.stdin.isTTY === true,
    env: process.env,
    ...parsed.globals,
  })
  return await carryOut(parsed, terminal, argv)
}

async function carryOut(parsed: Parsed, terminal: Terminal, argv: readonly string[]): Promise<ExitCode> {
  switch (parsed.kind) {
    case 'help':
      if (terminal.wantsJson) terminal.json({ help: parsed.text })
      else terminal.raw(`${parsed.text}\n`)
      return exit.ok
    case 'version':
      if (terminal.wantsJson) {
        const { platform, arch, versions } = process
        terminal.json({ footing: footingVersion(), node: versions.node, platform, arch })
      } else terminal.out(versionLine())
      return exit.ok
    case 'usage':
      return reportFault(terminal, { code: 'usage', message: parsed.message, remedy: parsed.hint })
    case 'run':
      return await run(parsed, terminal, argv)
  }
}

async function run(
  parsed: Extract<Parsed, { kind: 'run' }>,
  terminal: Terminal,
  argv: readonly string[],
): Promise<ExitCode> {
  const stop = listenForStop()
  const { command, args, options, globals } = parsed
  const cwd = globals.cwd === undefined ? process.cwd() : resolve(globals.cwd)
  try {
    if (statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true) {
      const remedy = 'Name a folder that exists with -C, or leave it out to work here.'
      return reportFault(terminal, { code: 'usage', message: `there is no folder '${cwd}'`, remedy })
    }
    return await command.run({ args, options, terminal, cwd, env: process.env, signal: stop.signal })
  } catch (error) {
    if (stop.signal.aborted && error instanceof Error && error.name === 'AbortError') return exit.interrupted
    const fault = readFault(error)
    return fault === undefined ? reportInternal(terminal, error, argv) : reportFault(terminal, fault)
  } finally {
    stop.dispose()
  }
}

// `footing … | head` closes our output early: that is the reader's right, not an error.
function surviveClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.listenerCount('error') > 0) continue
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(exit.ok)
      throw error
    })
  }
}
