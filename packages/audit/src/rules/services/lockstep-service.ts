// lockstep-service: a service that is deployed alone and never changes alone, or that is too small to be one.
import type { Detection } from '../../detection/detection.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { type ServiceFolder, serviceFolders, serviceOf } from './service-folders.ts'

export const rule: Rule = {
  id: 'services/lockstep-service',
  decision: 'services',
  once: true,
  severity: 'medium',
  effort: { minutes: 0, per: 'report' },
  trial: false,
  summary: 'Most changes to a service change another service too, or a service is too small to stand alone.',
  judges: { python: judge, typescript: judge },
}

function judge(context: RuleContext): RuleResult {
  const folders = serviceFolders(context)
  if (folders.length < 2) return { detections: [], examined: { count: 0, of: 'services' } }
  const { history } = context
  if (!history.enough) {
    const reason = history.reason === '' ? `${history.commits} commits` : history.reason
    return { detections: [], examined: { count: 0, of: 'services' }, couldNotTell: `Not enough history: ${reason}.` }
  }
  const facts = measure(folders, context)
  return {
    detections: folders.flatMap((folder) => judgeService(folder, facts.get(folder))),
    examined: { count: folders.length, of: 'services' },
  }
}

interface ServiceFacts {
  commits: number
  shared: number
  lines: number
  readonly authors: Set<number>
}

function measure(
  folders: readonly ServiceFolder[],
  { program, trees, history }: RuleContext,
): Map<ServiceFolder, ServiceFacts> {
  const facts = new Map(
    folders.map((folder): [ServiceFolder, ServiceFacts] => [
      folder,
      { commits: 0, shared: 0, lines: 0, authors: new Set() },
    ]),
  )
  const owner = new Map<string, ServiceFolder>()
  for (const module of program.modules) {
    if (module.role === 'test' || isGenerated(module.path)) continue
    const folder = serviceOf(module.path, folders)
    const entry = folder === undefined ? undefined : facts.get(folder)
    if (folder === undefined || entry === undefined) continue
    owner.set(module.path, folder)
    entry.lines += Math.max(0, trees[module.id]?.value(0) ?? 0)
    for (const { author } of history.files.get(module.path)?.authors ?? []) entry.authors.add(author)
  }
  for (const files of history.changes) {
    if (files.length > 30) continue
    const touched = new Set(files.map((file) => owner.get(file)).filter((folder) => folder !== undefined))
    for (const folder of touched) {
      const entry = facts.get(folder)
      if (entry === undefined) continue
      entry.commits++
      if (touched.size > 1) entry.shared++
    }
  }
  return facts
}

function judgeService(service: ServiceFolder, facts: ServiceFacts | undefined): Detection[] {
  if (facts === undefined || facts.commits < 20 || facts.lines === 0) return []
  const share = facts.shared / facts.commits
  const small = facts.lines < 2000 && facts.authors.size === 1
  if (share <= 0.5 && !small) return []
  const name = service.folder === '' ? (service.names[0] ?? '') : service.folder
  const what =
    share > 0.5
      ? `${Math.round(share * 100)} % of the ${facts.commits} changes to the service \`${name}\` also change another service.`
      : `The service \`${name}\` has ${facts.lines} lines and one author.`
  return [
    {
      place: service.place,
      subject: name,
      evidence: share > 0.5 ? 'changes in lockstep' : 'small',
      message: {
        what,
        why: 'It pays for a network, a deployment and a version of its own, and gets no independence for it.',
        do: 'Make it a module of the service it changes with; extract it again when a measurement asks for it.',
      },
      confidence: 'probable',
    },
  ]
}

function isGenerated(path: string): boolean {
  return /(?:_pb2(?:_grpc)?\.py$|(?:^|\/)(?:generated|openapi_client|client_gen)\/)/.test(path)
}
