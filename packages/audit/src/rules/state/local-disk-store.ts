// state/local-disk-store: secrets, exports and other files that one host writes and whoever serves the next request looks for.
import type { Detection } from '../../detection/detection.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import type { Site } from '../../survey/survey.ts'
import { bodyOf, placeOf, subjectOf } from '../../survey/whereabouts.ts'
import { filesByFolder } from './kept-files.ts'

export const rule: Rule = {
  id: 'state/local-disk-store',
  decision: 'state',
  severity: 'medium',
  effort: { minutes: 240, per: 'site' },
  trial: true,
  summary: 'Files are written to the local disk in one place and read from there in another.',
  judges: { python: judged, typescript: judged },
}

/** Words for what is kept, by the names around it. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/secret|credential|password|private_?key|vault/i, 'secrets'],
  [/export|report|archive|dump|invoice|statement|backup/i, 'exports'],
  [/upload|attachment|media|avatar|image|document|artifact/i, 'files of users'],
]

function judged(context: RuleContext): RuleResult {
  const folders = filesByFolder(context)
  const detections: Detection[] = []
  for (const [folder, { writes, reads }] of folders) {
    const write = writes[0]
    if (write === undefined) continue
    const own = new Set(writes.map((site) => bodyOf(context, site)))
    const elsewhere = reads.filter((site) => !own.has(bodyOf(context, site)))
    if (elsewhere.length > 0) detections.push(detection(context, folder, write, writes, elsewhere))
  }
  return { detections, examined: { count: folders.size, of: 'folders that files are kept in' } }
}

function detection(
  context: RuleContext,
  folder: string,
  write: Site,
  writes: readonly Site[],
  reads: readonly Site[],
): Detection {
  const place = placeOf(context, write)
  const subject = subjectOf(context, write)
  const words = `${folder} ${subject} ${place.path}`
  const kind = KINDS.find(([pattern]) => pattern.test(words))?.[1] ?? 'files'
  return {
    place,
    subject,
    evidence: `keeps ${kind} in ${folder}`,
    message: {
      what: `\`${subject}\` writes ${kind} to the local disk below \`${folder}\`, and \`${subjectOf(context, reads[0]!)}\` reads them from there.`,
      why: `With a second host, or after a new container, what one wrote the other does not find; ${kind === 'secrets' ? 'plain files are copied with every backup and read by every process of the host' : 'nobody backs the disk up, and it fills'}.`,
      do:
        kind === 'secrets'
          ? 'Keep them in a secret manager, or encrypted in the database.'
          : 'Keep them in object storage behind one interface, and give out addresses that expire.',
    },
    confidence: 'probable',
    severity: kind === 'files' ? 'low' : 'medium',
    related: [
      ...reads.slice(0, 6).map((site) => ({ ...placeOf(context, site), label: `${subjectOf(context, site)} reads` })),
      ...writes.slice(1, 6).map((site) => ({ ...placeOf(context, site), label: `${subjectOf(context, site)} writes` })),
    ],
    fixSite: { ...place, name: `${context.program.modules[write.module]!.name}:${folder}` },
    fanOut: Math.max(...[...writes, ...reads].map((site) => context.program.reach.routes(bodyOf(context, site)))),
  }
}
