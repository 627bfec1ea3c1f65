// How fast a whole audit is (facts, graph, all rules, terminal and SARIF reports), from 50,000 to a million lines and more,
// against the floor: reading the files, and turning them into facts. Each row is a fresh process.
//
//   node --conditions=@footing/source benchmarks/audit.ts FOLDER... [--rounds 3] [--write]
//
// Each FOLDER is a checkout of a Python back end. The curve adds one after the other, smallest first; they are copied below
// a temporary folder, because the auditor follows no links. --write renews audit.md beside this file.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { audit, PLAIN, reporters } from '@footing/audit'
import { discoverFiles } from '../packages/audit/src/discover/discover-files.ts'
import { collectFacts } from '../packages/audit/src/extract/collect-facts.ts'

const variants = ['read', 'facts', 'cold, one process', 'cold, all cores', 'warm'] as const
type Variant = (typeof variants)[number]

interface Sample {
  readonly wallMs: number
  readonly cpuMs: number
  readonly peakMb: number
  readonly lines: number
  readonly findings: number
}

async function once(variant: Variant, folder: string, cache: string): Promise<Sample> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  const { lines, findings } = await work(variant, folder, cache)
  const wallMs = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  return { wallMs, cpuMs: (user + system) / 1000, peakMb: process.resourceUsage().maxRSS / 1024, lines, findings }
}

async function work(variant: Variant, folder: string, cache: string): Promise<{ lines: number; findings: number }> {
  if (variant === 'read') {
    const { readFileSync } = await import('node:fs')
    let bytes = 0
    const { sources } = discoverFiles({ root: folder, extensions: ['.py'], exclude: [] })
    for (const { path } of sources) bytes += readFileSync(join(folder, path)).length
    return { lines: bytes, findings: 0 }
  }
  if (variant === 'facts') return { lines: (await collectFacts({ root: folder })).lines, findings: 0 }
  const result = await audit({
    root: folder,
    cache: variant === 'warm' ? cache : false,
    ...(variant === 'cold, one process' ? { threads: 1 } : {}),
  })
  reporters.terminal(result, PLAIN)
  reporters.sarif(result, PLAIN)
  return { lines: result.coverage.lines, findings: result.findings.length }
}

function inFreshProcess(variant: Variant, folder: string, cache: string): Sample {
  const own = fileURLToPath(import.meta.url)
  const args = ['--conditions=@footing/source', own, '--once', variant, folder, cache]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 1 << 24 })) as Sample // printed below
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rounds: { type: 'string', default: '3' }, write: { type: 'boolean' }, once: { type: 'boolean' } },
  })
  if (values.once === true) {
    const [variant, folder = '', cache = ''] = positionals
    const known = variants.find((each) => each === variant)
    if (known !== undefined) process.stdout.write(JSON.stringify(await once(known, folder, cache)))
    return
  }
  if (positionals.length === 0) throw new Error('name at least one folder with Python back ends')
  const temporary = mkdtempSync(join(tmpdir(), 'audit-benchmark-'))
  try {
    const rows = measure(positionals, temporary, Number(values.rounds))
    const page = describe(rows, Number(values.rounds))
    process.stdout.write(page)
    if (values.write === true) writeFileSync(new URL('./audit.md', import.meta.url), page)
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

interface Row {
  readonly folders: number
  readonly lines: number
  readonly findings: number
  readonly samples: Readonly<Record<Variant, Sample>>
}

function measure(folders: readonly string[], temporary: string, rounds: number): Row[] {
  const tree = join(temporary, 'tree')
  const cache = join(temporary, 'cache')
  return folders.map((folder, index) => {
    cpSync(folder, join(tree, basename(folder).replace(/[^\w-]/g, '_')), { recursive: true, verbatimSymlinks: true })
    inFreshProcess('warm', tree, cache)
    const taken = new Map<Variant, Sample[]>(variants.map((variant) => [variant, []]))
    for (let round = 0; round < rounds; round++) {
      for (const variant of variants) taken.get(variant)?.push(inFreshProcess(variant, tree, cache))
    }
    const samples = Object.fromEntries(variants.map((variant) => [variant, middle(taken.get(variant) ?? [])]))
    const cold = samples['cold, all cores']
    process.stderr.write(`${index + 1} of ${folders.length}: ${cold?.lines} lines\n`)
    return { folders: index + 1, lines: cold?.lines ?? 0, findings: cold?.findings ?? 0, samples } as Row // one sample for each variant
  })
}

function middle(samples: readonly Sample[]): Sample {
  const of = (pick: (sample: Sample) => number) => median(samples.map(pick))
  return {
    wallMs: of(({ wallMs }) => wallMs),
    cpuMs: of(({ cpuMs }) => cpuMs),
    peakMb: of(({ peakMb }) => peakMb),
    lines: samples[0]?.lines ?? 0,
    findings: samples[0]?.findings ?? 0,
  }
}

function describe(rows: readonly Row[], rounds: number): string {
  const seconds = (ms: number) => (ms / 1000).toFixed(2)
  const [cpu] = cpus()
  const head = [
    '# A whole audit: how fast, how large',
    '',
    'Renewed by `node --conditions=@footing/source benchmarks/audit.ts FOLDER... --write`. All rules, terminal and SARIF reports;',
    'start-up of Node is left out. Each figure is a fresh process; compare columns, not machines. "Warm" is an unchanged tree.',
    '',
    `${cpus().length} cores (${cpu?.model.trim()}), Node ${process.version}, load average ${loadavg()[0]?.toFixed(1)} at the end, median of ${rounds} rounds.`,
    '',
    '| lines | findings | read s | facts s | cold, one process s | cold, all cores s | its CPU s | CPU s per million lines | times the facts (CPU) | warm s | warm CPU s | peak MB cold | peak MB warm |',
    `|${' --- |'.repeat(13)}`,
  ]
  const body = rows.map(({ lines, findings, samples }) => {
    const cold = samples['cold, all cores']
    const cells = [
      lines.toLocaleString('en'),
      findings,
      seconds(samples.read.wallMs),
      seconds(samples.facts.wallMs),
      seconds(samples['cold, one process'].wallMs),
      seconds(cold.wallMs),
      seconds(cold.cpuMs),
      seconds((cold.cpuMs * 1_000_000) / lines),
      (cold.cpuMs / samples.facts.cpuMs).toFixed(1),
      seconds(samples.warm.wallMs),
      seconds(samples.warm.cpuMs),
      Math.round(cold.peakMb),
      Math.round(samples.warm.peakMb),
    ]
    return `| ${cells.join(' | ')} |`
  })
  return `${[...head, ...body].join('\n')}\n`
}

await main()
