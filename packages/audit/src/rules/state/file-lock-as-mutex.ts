// state/file-lock-as-mutex: a lock on a local file, which other hosts do not see, around work that must happen once.
import type { Detection } from '../../detection/detection.ts'
import type { EntryKind } from '../../graph/contract.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { commandLineModules } from '../../survey/command-line.ts'
import { type Site, surveyOf } from '../../survey/survey.ts'
import { bodyOf, chainTo, functionSite, isProduct, placeOf, SERVING, servedBy } from '../../survey/whereabouts.ts'

const LOCKS: Readonly<Record<string, RegExp>> = {
  FileLock: /^(?:filelock|torch\.utils\.|datasets\.)/,
  SoftFileLock: /^filelock/,
  UnixFileLock: /^filelock/,
  AsyncFileLock: /^filelock/,
  flock: /^fcntl\./,
  lockf: /^(?:fcntl|os)\./,
  Lock: /^portalocker\./,
  InterProcessLock: /^fasteners\./,
}

/** Requests, jobs, and what start-up sets going: each process runs all of it. */
const RUNS: readonly EntryKind[] = [...SERVING, 'scheduled', 'startup']

export const rule: Rule = {
  id: 'state/file-lock-as-mutex',
  decision: 'state',
  severity: 'medium',
  effort: { minutes: 60, per: 'site' },
  trial: false,
  summary: 'A file lock guards work of web or worker code that runs on more than one host.',
  judges: { python: judge },
}

function judge(context: RuleContext): RuleResult {
  const locks = fileLocks(context)
  const detections: Detection[] = []
  for (const lock of locks) {
    const body = bodyOf(context, lock)
    if (servedBy(context, body, RUNS) === undefined) continue
    const info = context.program.functionInfo(body)
    const place = placeOf(context, lock)
    const { entry, chain } = chainTo(context, body, RUNS, { ...place, label: lock.name })
    detections.push({
      place,
      subject: info.name,
      evidence: lock.name,
      message: {
        what: `\`${info.name}\` uses \`${lock.name}\` as a mutex${entry === undefined ? '' : ` on the way of \`${entry.label}\``}.`,
        why: 'The file is on the disk of one host: as soon as two containers serve, both hold the lock at once, and nothing says so.',
        do: 'Lock in the database (a row with `FOR UPDATE`, `pg_advisory_xact_lock`) or make the operation safe to run twice.',
      },
      confidence: 'probable',
      chain: chain.length > 2 ? chain : [],
      fanOut: context.program.reach.routes(body),
      ...(info.kind === 'module' ? {} : { fixSite: functionSite(context, body) }),
    })
  }
  return { detections, examined: { count: locks.length, of: 'file locks' } }
}

interface FileLock extends Site {
  readonly name: string
}

function fileLocks(context: RuleContext): FileLock[] {
  const { program } = context
  const commands = commandLineModules(context)
  const found: FileLock[] = []
  for (const [name, library] of Object.entries(LOCKS)) {
    for (const site of surveyOf(context).callsNamed(name)) {
      if (!isProduct(program.modules[site.module]!) || commands.has(site.module)) continue
      const resolved = program.nameOf(site.module, site.node + 1)
      if (library.test(resolved)) found.push({ ...site, name: resolved })
    }
  }
  return found
}
