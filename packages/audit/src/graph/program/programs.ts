// The programs of a tree, one for each language in it: a rule never sees two languages at once.
import type { Facts } from '../../extract/collect-facts.ts'
import { languageOf } from '../../extract/languages.ts'
import type { LanguageName } from '../../facts/language-name.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import { type AnalysedProgram, buildProgram } from './build-program.ts'

/** A program with the trees that it was built from, at the ids of its modules. */
export interface ProgramOfLanguage {
  readonly language: LanguageName
  readonly program: AnalysedProgram
  readonly trees: readonly SyntaxTree[]
}

/** Builds one program for each language that has files; Python first. */
export function programsOf(facts: Facts): ProgramOfLanguage[] {
  const python = facts.trees.filter((tree) => languageOf(tree.path)?.name !== 'typescript')
  const typescript = facts.trees.filter((tree) => languageOf(tree.path)?.name === 'typescript')
  const programs: ProgramOfLanguage[] = []
  if (python.length > 0) programs.push({ language: 'python', program: buildProgram(python), trees: python })
  if (typescript.length > 0) {
    const program = buildProgram(typescript, { paths: facts.paths, manifests: facts.manifests })
    programs.push({ language: 'typescript', program, trees: typescript })
  }
  return programs
}
