// How fast `footing check` is on 2,000 files: cold, warm and after one save, against peers on the same tree with the same rules.
//
//   node benchmarks/check.ts [--peers FOLDER] [--rounds 5] [--write]
//
// FOLDER holds node_modules with dependency-cruiser, madge, oxlint and typescript 6 (dependency-cruiser reads no TypeScript
// with TypeScript 7: it finds nothing and says that all is well). Build first: the command is measured as it is installed.
// --write renews check.md beside this file.
import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const MODULES = 40
const FILES = 50
/** Cycles of two files, cycles of modules and imports of an inside that are planted. */
const PLANTED = { files: 8, modules: 3, inside: 12 }

const { values } = parseArgs({
  options: { peers: { type: 'string' }, rounds: { type: 'string', default: '5' }, write: { type: 'boolean' } },
})
const rounds = Number(values.rounds)
const home = mkdtempSync(join(tmpdir(), 'check-bench-'))
const footing = fileURLToPath(new URL('../packages/cli/bin/footing.js', import.meta.url))
const env = { ...process.env, XDG_CACHE_HOME: join(home, 'cache'), CI: 'true' }

interface Row {
  readonly name: string
  readonly wall: number
  /** Seconds of all cores together; NaN where the system does not tell. */
  readonly cpu: number
  readonly found: string
}

function write(path: string, text: string): void {
  const file = join(home, 'shop', path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** A file of some fifty lines with the imports given. */
function source(name: string, imports: readonly string[], used: readonly string[]): string {
  const types = Array.from(
    { length: 6 },
    (_, at) => `export interface ${name}Row${at} {\n  readonly id: string\n  readonly amount: number\n}\n`,
  )
  const code = Array.from(
    { length: 4 },
    (_, at) =>
      `export function ${name}Step${at}(rows: readonly ${name}Row${at}[]): number {\n  let sum = 0\n  for (const row of rows) {\n    sum += row.amount * ${at + 1}\n  }\n  return sum\n}\n`,
  )
  // The compiler drops what nobody uses, and so do we.
  const uses = `export const ${name}Uses = () => [${used.join(', ')}]\n`
  return [...imports, ...types, ...code, uses].join('\n')
}

const names = (module: number) => `m${String(module).padStart(2, '0')}`
const fileOf = (module: number, at: number) => `src/modules/${names(module)}/f${String(at).padStart(2, '0')}.ts`

function generate(): void {
  write('package.json', '{ "name": "shop", "type": "module" }\n')
  write(
    'tsconfig.json',
    '{ "compilerOptions": { "module": "nodenext", "allowImportingTsExtensions": true, "noEmit": true } }\n',
  )
  write('footing.config.json', '{ "boundaries": { "modules": ["src/modules/*"] } }\n')
  for (let module = 0; module < MODULES; module++) {
    const index = Array.from({ length: FILES - 1 }, (_, at) => `export * from './f${String(at).padStart(2, '0')}.ts'\n`)
    write(`src/modules/${names(module)}/index.ts`, index.join(''))
    for (let at = 0; at < FILES - 1; at++) {
      const near = [1, 2, 3].map((step) => at + step).filter((to) => to < FILES - 1)
      const imports = near.map((to) => `import { M${module}F${to}Step0 } from './f${String(to).padStart(2, '0')}.ts'`)
      const used = near.map((to) => `M${module}F${to}Step0`)
      if (at % 5 === 0 && module + 1 < MODULES) {
        const other = module + 1 + (at % (MODULES - module - 1))
        imports.push(`import { M${other}F1Step1 } from '../${names(other)}/index.ts'`)
        used.push(`M${other}F1Step1`)
      }
      write(fileOf(module, at), source(`M${module}F${at}`, imports, used))
    }
  }
  const add = (module: number, at: number, line: string) =>
    appendFileSync(join(home, 'shop', fileOf(module, at)), `${line}\n`)
  for (let at = 0; at < PLANTED.files; at++) add(at + 10, 20, `export { M${at + 10}F19Step1 as back } from './f19.ts'`)
  for (let at = 0; at < PLANTED.modules; at++)
    add(35, at, `export { M${at + 1}F3Step1 as again${at} } from '../${names(at + 1)}/index.ts'`)
  for (let at = 0; at < PLANTED.inside; at++) add(at, 40, `export { M39F5Step1 as inner } from '../m39/f05.ts'`)
}

/** CPU seconds of children that have ended, as Linux counts them in hundredths. */
function childrenCpu(): number {
  if (!existsSync('/proc/self/stat')) return Number.NaN
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[13]) + Number(fields[14])) / 100
}

function run(command: string, args: readonly string[]): { wall: number; cpu: number; out: string } {
  const before = childrenCpu()
  const begun = performance.now()
  const done = spawnSync(command, args, { cwd: join(home, 'shop'), env, encoding: 'utf8', maxBuffer: 1 << 28 })
  return { wall: performance.now() - begun, cpu: childrenCpu() - before, out: `${done.stdout}${done.stderr}` }
}

const median = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0

function measure(
  name: string,
  command: string,
  args: readonly string[],
  found: (out: string) => string,
  before?: (round: number) => void,
): Row {
  const runs = Array.from({ length: rounds }, (_, round) => {
    before?.(round)
    return run(command, args)
  })
  const cpu = median(runs.map((one) => one.cpu))
  return { name, wall: median(runs.map(({ wall }) => wall)), cpu, found: found(runs.at(-1)?.out ?? '') }
}

const own = (out: string): string => {
  const result = JSON.parse(out) as { findings: readonly { rule: string }[] } // the published schema
  const by = (rule: string) => result.findings.filter((finding) => finding.rule === `boundaries/${rule}`).length
  return `${by('import-cycle')} in cycles of files, ${by('module-cycle')} in cycles of modules, ${by('deep-import')} imports of an inside`
}

function ours(): Row[] {
  const args = [footing, 'check', '--json']
  const node = process.execPath
  const only = ['--only', 'import-cycle,module-cycle,deep-import']
  const cold = measure('footing check, cold (no cache), all its rules', node, [...args, '--no-cache'], own)
  const coldOnly = measure('footing check, cold, cycles and insides only', node, [...args, ...only, '--no-cache'], own)
  run(node, args)
  // A file that was written less than two seconds before the cache is read again: wait until none is.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500)
  rmSync(join(home, 'cache'), { recursive: true, force: true })
  run(node, args)
  const warm = measure('footing check, warm (nothing changed)', node, args, own)
  const saved = measure('footing check, warm, one file saved', node, args, own, (round) =>
    appendFileSync(join(home, 'shop', fileOf(20, 30)), `// saved ${round}\n`),
  )
  const floor = measure('footing --version (start of the command)', node, [footing, '--version'], () => '')
  return [cold, coldOnly, warm, saved, floor]
}

function peers(folder: string): Row[] {
  const bin = (name: string) => join(folder, 'node_modules/.bin', name)
  const version = (name: string) =>
    (JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')) as { version: string })
      .version
  // They look for the compiler beside the project.
  const rules = {
    forbidden: [
      { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
      {
        name: 'inside',
        severity: 'error',
        from: { path: '^src/modules/([^/]+)/' },
        to: { path: '^src/modules/([^/]+)/', pathNot: ['^src/modules/$1/', 'index[.]ts$'] },
      },
    ],
    options: { tsPreCompilationDeps: true, tsConfig: { fileName: 'tsconfig.json' } },
  }
  write('.dependency-cruiser.json', JSON.stringify(rules))
  write(
    '.oxlintrc.json',
    '{ "plugins": ["import"], "categories": { "correctness": "off" }, "rules": { "import/no-cycle": "error" } }\n',
  )
  const rows: Row[] = []
  if (existsSync(bin('depcruise'))) {
    const name = `dependency-cruiser ${version('dependency-cruiser')} with TypeScript ${version('typescript')}: cycles of files, insides`
    rows.push(
      measure(
        name,
        process.execPath,
        [bin('depcruise'), 'src', '--config', '.dependency-cruiser.json'],
        (out) =>
          /\d+ dependency violations[^\n]*/.exec(out)?.[0] ?? /no dependency violations[^\n]*/.exec(out)?.[0] ?? '?',
      ),
    )
  }
  if (existsSync(bin('oxlint'))) {
    rows.push(
      measure(
        `oxlint ${version('oxlint')}, import/no-cycle: cycles of files`,
        bin('oxlint'),
        ['-c', '.oxlintrc.json', 'src'],
        (out) => /Found [^\n]*/.exec(out)?.[0] ?? '?',
      ),
    )
  }
  if (existsSync(bin('madge'))) {
    rows.push(
      measure(
        `madge ${version('madge')} --circular: cycles of files`,
        process.execPath,
        [bin('madge'), '--circular', '--extensions', 'ts', '--ts-config', 'tsconfig.json', 'src'],
        (out) => /Found \d+ circular[^\n]*|No circular[^\n]*/.exec(out)?.[0] ?? '?',
      ),
    )
  }
  return rows
}

try {
  generate()
  const rows = [...ours(), ...(values.peers === undefined ? [] : peers(values.peers))]
  const warm = rows.find(({ name }) => name.includes('nothing changed'))?.wall ?? 1
  const table = rows.map(
    ({ name, wall, cpu, found }) =>
      `| ${name} | ${(wall / 1000).toFixed(2)} | ${cpu.toFixed(2)} | ${(wall / warm).toFixed(1)} | ${found} |`,
  )
  const text = `# footing check: how fast

Renewed by \`node benchmarks/check.ts --peers FOLDER --write\`. A generated application of ${MODULES} modules with ${FILES} files each (2,000 files, some 55
lines a file), with ${PLANTED.files} cycles of two files, ${PLANTED.modules} arrows between modules that close cycles, and ${PLANTED.inside} imports of a module's inside planted. Wall time
of the whole process, start-up of Node included. Compare rows, not machines.

${cpus().length} cores (${cpus()[0]?.model.trim() ?? '?'}), Node ${process.version}, load average ${loadavg()[0]?.toFixed(1) ?? '?'} at the end (above 2 wall times say little), median of ${rounds} rounds.

| | s | CPU s | × warm | found |
| --- | --- | --- | --- | --- |
${table.join('\n')}

Another repository, another order. On novu (4,853 files of TypeScript, no \`node_modules\`), medians of five rounds on the same two cores, whole
processes, 2026-11-30, version 0.1.0: \`footing check\` 6.05 s cold and 0.78 s warm, oxlint 0.93 s, fallow 3.31 s, knip 11.8 s, dependency-cruiser
15.2 s, madge 19.9 s. oxlint is faster there, and the generated program above is no proof of the contrary.

The counts differ because each tool counts differently: we name each arrow to cut once, the others name each cycle, or each import that
is on one. The rules given to the others are about files; cycles of modules are found by us alone here.
dependency-cruiser needs TypeScript 6 beside it: with TypeScript 7 it reads no TypeScript, finds nothing, and ends with exit code 0.
`
  process.stdout.write(text)
  if (values.write === true) writeFileSync(new URL('./check.md', import.meta.url), text)
} finally {
  rmSync(home, { recursive: true, force: true })
}
