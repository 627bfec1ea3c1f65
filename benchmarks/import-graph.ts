// How fast 2,000 files of TypeScript become an import graph: cold, warm, and after one file is saved, against reading the
// files (the floor) and against parsing them with nothing done about it; each in a fresh process, start-up of Node left out.
//
//   node --conditions=@footing/source benchmarks/import-graph.ts [FOLDER] [--rounds 5] [--write]
//
// FOLDER is a made tree of 2,000 files unless given. --write renews import-graph.md beside this file.
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parser } from '../packages/audit/src/extract/typescript/parser.ts'
import { readProgram } from '../packages/audit/src/graph/program/read-program.ts'

const FILES = 2_000
const VARIANTS = ['read', 'parse', 'cold', 'store', 'warm', 'saved'] as const
type Variant = (typeof VARIANTS)[number]
const TITLES: Readonly<Record<Variant, string>> = {
  read: 'read the files only (the floor)',
  parse: 'parse them only, one thread',
  cold: 'import graph and its cycles, no cache',
  store: 'the same, cache written',
  warm: 'the same, nothing changed',
  saved: 'the same, one file changed',
}

interface Sample {
  readonly wallMs: number
  readonly cpuMs: number
  readonly lines: number
  readonly edges: number
}

/** Sources below a folder. */
function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.[cm]?[jt]sx?$/.test(path))
    .map((path) => join(folder, path))
}

async function work(variant: Variant, folder: string, cache: string): Promise<{ lines: number; edges: number }> {
  if (variant === 'read' || variant === 'parse') {
    const parse = variant === 'read' ? undefined : parser()
    if (parse instanceof Error) throw parse
    for (const path of sources(folder)) {
      const text = readFileSync(path, 'utf8')
      void parse?.(path, text).program
    }
    return { lines: 0, edges: 0 }
  }
  const { program, facts } = await readProgram({ root: folder, cache: variant === 'cold' ? false : cache })
  program?.imports.cycles('runtime')
  await facts.stored
  return { lines: facts.lines, edges: program?.imports.edges.length ?? 0 }
}

async function measure(variant: Variant, folder: string, cache: string): Promise<Sample> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  const { lines, edges } = await work(variant, folder, cache)
  const { user, system } = process.cpuUsage(cpu)
  return { wallMs: performance.now() - start, cpuMs: (user + system) / 1000, lines, edges }
}

/** A tree of modules of a domain that import each other and their own files, a hundred lines each. */
function makeTree(folder: string): void {
  const body = Array.from(
    { length: 8 },
    (_, at) =>
      `export async function step${at}(rows: readonly Row[], limit = ${at}): Promise<number> {\n  let sum = 0\n  for (const row of rows) {\n    if (row.amount < limit) continue\n    sum += row.amount * (await weigh(row.id))\n  }\n  return sum\n}\n`,
  ).join('\n')
  for (let at = 0; at < FILES; at++) {
    const imports = [1, 7, 31].map((step) => (at + step * (at % 5)) % FILES).filter((other) => other > at)
    const lines = imports.map(
      (other, n) =>
        `import { step0 as other${n} } from '${n === 2 ? '@app' : '../..'}/m${other % 40}/deep/f${other}.js'`,
    )
    const used = imports.map((_, n) => `other${n}`).join(', ')
    const text = `${lines.join('\n')}\nexport interface Row { readonly id: string; readonly amount: number }\nconst weigh = async (id: string) => id.length\nexport const used = () => [${used}]\n\n${body}`
    const path = join(folder, `src/m${at % 40}/deep/f${at}.ts`)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  writeFileSync(join(folder, 'package.json'), '{ "name": "shop", "type": "module" }\n')
  writeFileSync(join(folder, 'tsconfig.json'), '{ "compilerOptions": { "paths": { "@app/*": ["./src/*"] } } }\n')
}

/** Time stamps that are old enough to be believed. */
function age(folder: string): void {
  const time = Date.now() / 1000 - 3_600
  for (const path of sources(folder)) utimesSync(path, time, time)
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

function run(given: string | undefined, rounds: number): string {
  const scratch = mkdtempSync(join(tmpdir(), 'footing-imports-'))
  const tree = join(scratch, 'tree')
  const samples = new Map<Variant, Sample[]>(VARIANTS.map((variant) => [variant, []]))
  try {
    if (given === undefined) makeTree(tree)
    else cpSync(given, tree, { recursive: true })
    for (let round = 0; round < rounds; round++) {
      const cache = join(scratch, `cache-${round}`)
      age(tree)
      for (const variant of VARIANTS) {
        if (variant === 'saved') appendFileSync(sources(tree)[round] ?? '', `export const saved${round} = 1\n`)
        const flags = [
          '--conditions=@footing/source',
          fileURLToPath(import.meta.url),
          '--measure',
          variant,
          tree,
          cache,
        ]
        // Written by `measure`.
        const sample = JSON.parse(execFileSync(process.execPath, flags, { encoding: 'utf8' })) as Sample
        samples.get(variant)?.push(sample)
      }
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  const of = (variant: Variant, field: keyof Sample): number =>
    median(samples.get(variant)?.map((one) => one[field]) ?? [])
  const rows = VARIANTS.map((variant) => {
    const wall = of(variant, 'wallMs')
    return `| ${[TITLES[variant], Math.round(wall), Math.round(of(variant, 'cpuMs')), (wall / of('parse', 'wallMs')).toFixed(2)].join(' | ')} |`
  })
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim().split(' ').slice(0, 2).join(' ')}), Node ${process.version}, load average ${loadavg()[0]?.toFixed(1)} at the end, median of ${rounds} rounds.`
  const tree_ = `${of('cold', 'lines').toLocaleString('en')} lines, ${of('cold', 'edges').toLocaleString('en')} arrows between files${given === undefined ? `, ${FILES.toLocaleString('en')} made files` : ''}.`
  return `${machine} ${tree_}\n\n| | wall ms | CPU ms | wall, times parsing |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`
}

const [first, variant, folder, cache] = process.argv.slice(2)
if (first === '--measure') {
  // Started by `run` with these three.
  process.stdout.write(JSON.stringify(await measure(variant as Variant, folder ?? '', cache ?? '')))
} else {
  const args = process.argv.slice(2)
  const at = args.indexOf('--rounds')
  const rounds = at < 0 ? 5 : Number(args[at + 1])
  const given = args.find((arg, index) => !arg.startsWith('--') && (at < 0 || index !== at + 1))
  const report = run(given, rounds)
  process.stdout.write(report)
  if (args.includes('--write')) {
    const text = `# From 2,000 files of TypeScript to an import graph\n\nRenewed by \`node --conditions=@footing/source benchmarks/import-graph.ts --write\`. Each figure is a fresh process; compare rows, not machines.\n\n${report}`
    writeFileSync(fileURLToPath(new URL('import-graph.md', import.meta.url)), text)
  }
}
