// How fast the auditor's front end turns a tree of Python into facts, against the floor (reading the files) and against
// CPython's own parser, in turns, in one run, each in a fresh process.
//
//   node benchmarks/audit-facts.ts [FOLDER] [--rounds 3] [--write]
//
// FOLDER is the machine's Python library unless given. --write renews audit-facts.md beside this file.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { collectFacts } from '../packages/audit/src/extract/collect-facts.ts'

interface Sample {
  readonly wallMs: number
  readonly cpuMs: number
  readonly peakMb: number
  readonly lines: number
  readonly files: number
}

const VARIANTS = ['read', 'cold-1', 'cold', 'store', 'warm', 'hash', 'python'] as const
type Variant = (typeof VARIANTS)[number]
const TITLES: Readonly<Record<Variant, string>> = {
  read: 'read the files only (the floor)',
  'cold-1': 'facts, cold, one thread',
  cold: 'facts, cold, all cores',
  store: 'facts, cold, all cores, cache written',
  warm: 'facts, warm, known by time stamp',
  hash: 'facts, warm, known by hash',
  python: 'CPython ast.parse only',
}

const PYTHON = `
import ast, os, sys, time, resource, warnings, json
warnings.simplefilter('ignore')
files = [os.path.join(d, n) for d, _, names in os.walk(sys.argv[1]) for n in names if n.endswith('.py')]
start, cpu, lines = time.perf_counter(), time.process_time(), 0
for file in files:
    data = open(file, 'rb').read()
    lines += data.count(b'\\n')
    try:
        ast.parse(data)
    except (SyntaxError, ValueError):
        pass
print(json.dumps({'wallMs': (time.perf_counter() - start) * 1000, 'cpuMs': (time.process_time() - cpu) * 1000,
    'peakMb': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 'lines': lines, 'files': len(files)}))
`

const timed = async (work: () => Promise<{ lines: number; files: number }>): Promise<Sample> => {
  const cpu = process.cpuUsage()
  const start = performance.now()
  const { lines, files } = await work()
  const wallMs = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  return { wallMs, cpuMs: (user + system) / 1000, peakMb: process.resourceUsage().maxRSS / 1024, lines, files }
}

const readOnly = async (folder: string): Promise<{ lines: number; files: number }> => {
  let files = 0
  const walk = (at: string): void => {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      if (entry.isDirectory()) walk(join(at, entry.name))
      else if (entry.isFile() && entry.name.endsWith('.py')) {
        readFileSync(join(at, entry.name))
        files++
      }
    }
  }
  walk(folder)
  return { lines: 0, files }
}

const collect = async (folder: string, threads: number | undefined, cache: string | false) => {
  const facts = await collectFacts({ root: folder, threads, cache })
  await facts.stored
  return { lines: facts.lines, files: facts.seen }
}

/** One measurement, in a process of its own. */
const measure = (variant: Variant, folder: string, cache: string): Promise<Sample> => {
  if (variant === 'read') return timed(() => readOnly(folder))
  if (variant === 'cold-1') return timed(() => collect(folder, 1, false))
  if (variant === 'cold') return timed(() => collect(folder, undefined, false))
  return timed(() => collect(folder, undefined, cache))
}

const inFreshProcess = (variant: Variant, folder: string, cache: string): Sample => {
  const text =
    variant === 'python'
      ? execFileSync('python3', ['-c', PYTHON, folder], { encoding: 'utf8' })
      : execFileSync(process.execPath, [fileURLToPath(import.meta.url), '--measure', variant, folder, cache], {
          encoding: 'utf8',
        })
  // Written by `measure` or by the script above.
  return JSON.parse(text) as Sample
}

/** Gives every file a new time stamp, so that only hashes can tell that nothing changed. */
const forgetTimes = (folder: string): void => {
  const touch =
    'import os,sys\nfor d,_,n in os.walk(sys.argv[1]):\n for f in n:\n  p=os.path.join(d,f)\n  if f.endswith(".py") and not os.path.islink(p): os.utime(p)'
  execFileSync('python3', ['-c', touch, folder])
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

const run = (folder: string, rounds: number): string => {
  const scratch = mkdtempSync(join(tmpdir(), 'footing-bench-'))
  const tree = join(scratch, 'tree')
  const samples = new Map<Variant, Sample[]>(VARIANTS.map((variant) => [variant, []]))
  try {
    // A copy, because time stamps are changed; archived so that links and foreign owners do not matter.
    execFileSync('cp', ['-rL', '--no-preserve=all', folder, tree])
    for (let round = 0; round < rounds; round++) {
      const cache = join(scratch, `cache-${round}`)
      // The cache is written by "store"; "hash" comes last because it needs other time stamps.
      for (const variant of VARIANTS) {
        if (variant === 'hash') forgetTimes(tree)
        samples.get(variant)?.push(inFreshProcess(variant, tree, cache))
      }
      rmSync(cache, { recursive: true })
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  return table(samples, rounds)
}

const table = (samples: ReadonlyMap<Variant, readonly Sample[]>, rounds: number): string => {
  const of = (variant: Variant, field: keyof Sample): number =>
    median((samples.get(variant) ?? []).map((sample) => sample[field]))
  const lines = of('cold', 'lines')
  const floor = of('read', 'cpuMs')
  const python = of('python', 'cpuMs')
  const rows = VARIANTS.map((variant) => {
    const cpu = of(variant, 'cpuMs')
    const wall = of(variant, 'wallMs')
    return [
      TITLES[variant],
      (cpu / 1000).toFixed(2),
      (wall / 1000).toFixed(2),
      variant === 'read' ? '' : `${(lines / wall / 1000).toFixed(2)} M`,
      (cpu / floor).toFixed(1),
      variant === 'read' ? '' : (python / cpu).toFixed(1),
      Math.round(of(variant, 'peakMb')).toString(),
    ]
  })
  const head = ['', 'CPU s', 'wall s', 'lines per second', '× the floor', 'times faster than CPython', 'peak MB']
  const text = [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
  return `${lines.toLocaleString('en')} lines in ${of('cold', 'files').toLocaleString('en')} files, ${cpus().length} cores (${cpus()[0]?.model}), Node ${process.version}, load average ${loadavg()[0]?.toFixed(1)} (wall times mean little above ${cpus().length}), median of ${rounds} rounds:\n\n${text}\n`
}

const main = async (): Promise<void> => {
  const args = process.argv.slice(2)
  if (args[0] === '--measure') {
    const [, variant, folder, cache] = args
    process.stdout.write(JSON.stringify(await measure(variant as Variant, folder ?? '', cache ?? '')))
    return
  }
  const at = args.indexOf('--rounds')
  const rounds = at < 0 ? 3 : Number(args.splice(at, 2)[1])
  const write = args.includes('--write')
  const folder =
    args.find((arg) => !arg.startsWith('--')) ??
    execFileSync('python3', ['-c', 'import sysconfig; print(sysconfig.get_paths()["stdlib"])'], {
      encoding: 'utf8',
    }).trim()
  const result = run(folder, rounds)
  process.stdout.write(result)
  if (!write) return
  const page = `# Facts of a tree of Python: how fast\n\nRenewed by \`node benchmarks/audit-facts.ts FOLDER --write\`. Every row is a fresh process; start-up of Node and of Python is left out.\nCompare rows, not machines.\n\n${result}`
  writeFileSync(join(import.meta.dirname, 'audit-facts.md'), page)
}

await main()
