// For tests: a program from a few files written in the test itself.
import { readManifests } from '../../extract/manifests/read-manifests.ts'
import { readPython } from '../../extract/python/read-python.ts'
import { readTypeScript } from '../../extract/typescript/read-typescript.ts'
import { StringPool } from '../../facts/string-pool.ts'
import { SyntaxTree } from '../../facts/tree.ts'
import { type AnalysedProgram, buildProgram } from './build-program.ts'

/** Builds the program of files given as path and text, in the order of their paths, as an audit does. */
export function programOf(files: Readonly<Record<string, string>>): AnalysedProgram {
  const pool = new StringPool()
  const trees = Object.keys(files)
    .sort()
    .map((path) => {
      const tree = readPython(files[path]!, path, pool)
      if (!(tree instanceof SyntaxTree)) throw new Error(`${path}: ${tree.reason}`)
      return tree
    })
  return buildProgram(trees)
}

/** The same for TypeScript and JavaScript, with package.json and tsconfig.json among the files. */
export function typescriptProgramOf(files: Readonly<Record<string, string>>): AnalysedProgram {
  const pool = new StringPool()
  const paths = Object.keys(files).sort()
  const trees = paths
    .filter((path) => /\.[cm]?[jt]sx?$/.test(path))
    .map((path) => {
      const tree = readTypeScript(files[path]!, path, pool)
      if (!(tree instanceof SyntaxTree)) throw new Error(`${path}: ${tree.reason}`)
      return tree
    })
  return buildProgram(trees, { paths, manifests: readManifests({ paths, read: (path) => files[path] }) })
}
