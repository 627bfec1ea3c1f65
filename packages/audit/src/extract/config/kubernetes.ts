// Kubernetes manifests and Helm templates: workloads and their containers.
import type { DeclaredService } from './contract.ts'
import { asCount, asList, asMap, asText, readYaml, type YamlDocument } from './yaml-documents.ts'

const WORKLOADS = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'Pod', 'ReplicaSet', 'Rollout'])

const MENTIONS_WORKLOAD = new RegExp(`kind['"]?:\\s*['"]?(?:${[...WORKLOADS].join('|')})\\b`)

/** Containers of the workloads in a file. A Helm template gives what it says without running Helm. */
export function readKubernetes(path: string, text: string): { services: DeclaredService[]; problem: string } {
  // Most files of a chart declare no workload; reading them as YAML would be the dearest part of all configuration.
  if (!MENTIONS_WORKLOAD.test(text)) return { services: [], problem: '' }
  const { documents, problem } = readYaml(text)
  const services: DeclaredService[] = []
  for (const document of documents) {
    const manifest = asMap(document.value)
    const items = manifest?.kind === 'List' ? asList(manifest.items) : [manifest]
    for (const item of items) services.push(...containersOf(path, document, asMap(item)))
  }
  // A templated file that is broken without Helm is the rule, not a problem worth a line.
  return { services, problem: text.includes('{{') ? '' : problem }
}

function containersOf(
  path: string,
  document: YamlDocument,
  manifest: Readonly<Record<string, unknown>> | undefined,
): DeclaredService[] {
  if (manifest === undefined || !WORKLOADS.has(asText(manifest.kind))) return []
  const name = asText(asMap(manifest.metadata)?.name)
  const spec = asMap(manifest.spec)
  const job = asMap(asMap(spec?.jobTemplate)?.spec) ?? spec
  const pod = asMap(asMap(job?.template)?.spec) ?? spec
  return asList(pod?.containers).flatMap((raw) => {
    const container = asMap(raw)
    if (container === undefined) return []
    const words = [...asList(container.command), ...asList(container.args)].map(asText)
    const containerName = asText(container.name)
    return [
      {
        name: name === '' || name.includes('TEMPLATE') ? containerName : name,
        kind: 'kubernetes' as const,
        place: { path, line: document.lineOf(['metadata', 'name']) },
        image: asText(container.image),
        build: '',
        command: words.join(' '),
        replicas: asCount(spec?.replicas),
        environment: variables(container.env),
        ports: asList(container.ports).map((port) => asText(asMap(port)?.containerPort)),
        profiles: [],
      },
    ]
  })
}

function variables(raw: unknown): Map<string, string> {
  const pairs = asList(raw).map((entry): [string, string] => [asText(asMap(entry)?.name), asText(asMap(entry)?.value)])
  return new Map(pairs.filter(([name]) => name !== ''))
}
