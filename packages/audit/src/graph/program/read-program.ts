// The TypeScript program of a folder without any rule: for who wants the import graph alone.
import { type CollectOptions, collectFacts, type Facts } from '../../extract/collect-facts.ts'
import type { Manifests } from '../../extract/manifests/contract.ts'
import type { Program } from '../contract.ts'
import { programsOf } from './programs.ts'

/** A program with the facts and manifests that it was built from; undefined for a folder without TypeScript. */
export interface ReadProgram {
  readonly program: Program | undefined
  readonly facts: Facts
  readonly manifests: Manifests
}

/**
 * Reads the TypeScript and JavaScript of a folder. Nothing found there is run or imported.
 * @throws the file system's error when the root cannot be read; the signal's reason when stopped
 */
export async function readProgram(options: CollectOptions): Promise<ReadProgram> {
  const facts = await collectFacts(options)
  const program = programsOf(facts).find(({ language }) => language === 'typescript')?.program
  return { program, facts, manifests: facts.manifests }
}
