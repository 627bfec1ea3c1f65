// Which modules are commands for a terminal, where printing and blocking are what the user asked for.
import type { ModuleId, Program } from '../graph/contract.ts'
import type { RuleContext } from '../rule/rule.ts'

const PARSERS = ['click', 'typer', 'argparse', 'optparse', 'fire', 'docopt', 'cmd', 'cleo', 'cyclopts']
const FOLDERS = /(?:^|\/)(?:cli|commands|cmd|management|console|scripts|bin|tools|devtools)\//
const FILES =
  /(?:^|\/)(?:__main__|cli|manage|main_cli|commands?|console|_?version|run|\w+_cli|cli_\w+|bench(?:mark)?\w*|demo)\.py$/

const known = new WeakMap<Program, ReadonlySet<ModuleId>>()

/** Modules that parse a command line, lie in a folder of commands, or are only used by such modules. */
export function commandLineModules({ program }: RuleContext): ReadonlySet<ModuleId> {
  const before = known.get(program)
  if (before !== undefined) return before
  const commands = new Set<ModuleId>()
  for (const module of program.modules) {
    const externals = program.imports.externalsOf(module.id)
    if (FOLDERS.test(module.path) || FILES.test(module.path) || PARSERS.some((name) => externals.has(name)))
      commands.add(module.id)
  }
  known.set(program, commands)
  return commands
}
