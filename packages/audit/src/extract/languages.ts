// The languages the auditor reads. A new one is a folder beside this file and a line here.
import type { Language } from '../facts/extractor.ts'
import { python } from './python/python.ts'
import { typescript } from './typescript/typescript.ts'

/** All languages; a file belongs to the first that claims its ending. */
export const languages: readonly Language[] = [python, typescript]

/** The language of a file name, undefined when nobody reads it. */
export const languageOf = (path: string): Language | undefined =>
  languages.find((language) => language.extensions.some((extension) => path.toLowerCase().endsWith(extension)))
