// `footing migrate new`: a file that teaches, or the files of a recipe.
import { relative } from 'node:path'
import {
  blankMigration,
  columnFacts,
  createMigrationFiles,
  dumpedTable,
  moduleFiles,
  type RecipeInput,
  type RecipeName,
  readText,
  recipes,
} from '@footing/core/tooling'
import type { CommandContext } from '../command/command.ts'
import { cliErrors } from '../command/errors.ts'
import { type MigrateWorkspace, sourceOf } from './migrate-workspace.ts'

/** Writes the files and gives their paths from the working directory. */
export async function newMigration(world: MigrateWorkspace, module: string, what: string): Promise<readonly string[]> {
  const { options, cwd } = world.context
  const source = sourceOf(world, module)
  const recipe = options.recipe
  const files = isRecipe(recipe)
    ? recipes[recipe].files(await readInput(world, module, recipe))
    : [{ suffix: '', text: () => blankMigration(what) }]
  const written = await createMigrationFiles({ module, folder: source.folder, what, files })
  return written.map((path) => relative(cwd, path) || path)
}

function isRecipe(value: unknown): value is RecipeName {
  return typeof value === 'string' && Object.hasOwn(recipes, value)
}

async function readInput(world: MigrateWorkspace, module: string, recipe: RecipeName): Promise<RecipeInput> {
  const { options } = world.context
  const table = text(options, 'table')
  const column = text(options, 'column')
  const files = moduleFiles(world.sources).find((candidate) => candidate.module === module)
  const dump = files === undefined ? undefined : await readText(files.dump)
  const known = dumpedTable(dump ?? '', table)
  const given = {
    table,
    column,
    to: text(options, 'to') || (recipe === 'type-change' && column !== '' ? `${column}_new` : ''),
    type: text(options, 'type') || (recipe === 'rename-column' ? (known.types.get(column) ?? '') : ''),
  }
  const missing = recipes[recipe].needs.filter((need) => given[need] === '')
  if (missing.length > 0) {
    throw cliErrors('migrate-recipe-incomplete', {
      details: { recipe, missing: missing.map((name) => `--${name}`).join(', '), summary: recipes[recipe].summary },
    })
  }
  const key = text(options, 'key')
  const facts = known.types.has(column) ? columnFacts(dump ?? '', table, column, given.to) : undefined
  return { ...given, facts, key: key === '' ? known.key : key.split(',').map((part) => part.trim()) }
}

function text(options: CommandContext['options'], name: string): string {
  const value = options[name]
  return typeof value === 'string' ? value.trim() : ''
}
