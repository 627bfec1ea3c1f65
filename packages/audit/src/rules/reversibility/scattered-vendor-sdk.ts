// reversibility/scattered-vendor-sdk: one vendor's SDK in many domain packages, so that leaving the vendor touches them all.

import type { Detection } from '../../detection/detection.ts'
import { counted, listed } from '../../detection/words.ts'
import { Kind } from '../../facts/contract.ts'
import type { Module, ModuleId } from '../../graph/contract.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { argument, calleeName, constantText } from '../../survey/expressions.ts'
import { addTo } from '../../survey/grouping.ts'
import { isProduct } from '../../survey/whereabouts.ts'

const AWS = 'the AWS SDK'
/** Vendors by the top names of their packages. A name with a dot is compared with what is imported from it. */
const VENDORS: Readonly<Record<string, readonly string[]>> = {
  [AWS]: ['boto3', 'botocore', 'aioboto3', 'aiobotocore'],
  Stripe: ['stripe'],
  OpenAI: ['openai'],
  Anthropic: ['anthropic'],
  Cohere: ['cohere'],
  LiteLLM: ['litellm'],
  MinIO: ['minio'],
  SendGrid: ['sendgrid'],
  Mailgun: ['mailgun'],
  Resend: ['resend'],
  Twilio: ['twilio'],
  Slack: ['slack_sdk', 'slack_bolt', 'slack'],
  PostHog: ['posthog'],
  Segment: ['segment', 'analytics'],
  Firebase: ['firebase_admin'],
  Algolia: ['algoliasearch'],
  Elasticsearch: ['elasticsearch', 'elasticsearch_dsl', 'opensearchpy'],
  Pinecone: ['pinecone'],
  Auth0: ['auth0'],
  Plaid: ['plaid'],
  PayPal: ['paypalrestsdk', 'paypalcheckoutsdk'],
  Braintree: ['braintree'],
  Razorpay: ['razorpay'],
  Cloudinary: ['cloudinary'],
  HubSpot: ['hubspot'],
  Mixpanel: ['mixpanel'],
  Datadog: ['datadog'],
  LaunchDarkly: ['ldclient'],
}
/** Vendors whose packages share a namespace with others: matched on the dotted import. */
const NAMESPACED: Readonly<Record<string, RegExp>> = {
  'Google Cloud': /^(?:google\.cloud|googleapiclient|gcloud)(?:\.|$)/,
  Azure: /^azure\.(?!functions)/,
}
const ENOUGH_PACKAGES = 3

interface User {
  readonly module: ModuleId
  /** Lines where a client is made or a function of the SDK is called. */
  readonly calls: readonly number[]
  readonly importLine: number
}

export const rule: Rule = {
  id: 'reversibility/scattered-vendor-sdk',
  decision: 'reversibility',
  severity: 'medium',
  effort: { minutes: 45, per: 'site' },
  trial: false,
  summary: "A vendor's SDK is used in three or more domain packages instead of behind one adapter.",
  assures: { says: 'each vendor SDK has one place', from: 1 },
  judges: { python: judge },
}

function judge(context: RuleContext): RuleResult {
  const users = vendorUsers(context)
  const detections: Detection[] = []
  for (const [vendor, modules] of users)
    detections.push(...calls(context, vendor, modules), ...leakedTypes(context, vendor, modules))
  return { detections, examined: { count: users.size, of: 'vendor SDKs' } }
}

function vendorUsers(context: RuleContext): ReadonlyMap<string, readonly User[]> {
  const { program } = context
  const found = new Map<string, User[]>()
  for (const module of program.modules) {
    if (!isProduct(module)) continue
    const externals = program.imports.externalsOf(module.id)
    for (const [vendor, names] of Object.entries(VENDORS)) {
      const name = names.find((item) => externals.has(item))
      if (name === undefined) continue
      const own = user(context, module, new RegExp(`^(?:${names.join('|')})(?:\\.|$)`), externals.get(name)!)
      // One SDK, many services: a queue here and a bucket there are two vendors' worth of knowledge, not one scattered.
      for (const part of vendor === AWS && own.calls.length > 0 ? awsServices(context, module) : [vendor]) {
        addTo(found, part, own)
      }
    }
    if (!externals.has('google') && !externals.has('googleapiclient') && !externals.has('azure')) continue
    for (const [vendor, pattern] of Object.entries(NAMESPACED)) {
      const line = importLine(context, module.id, pattern)
      if (line > 0) addTo(found, vendor, user(context, module, pattern, line))
    }
  }
  return found
}

/** `the AWS SDK (s3)` for each `client('s3')` of a module; the SDK itself when no service is named. */
function awsServices({ trees }: RuleContext, module: Module): string[] {
  const tree = trees[module.id]!
  const services = new Set<string>()
  for (let node = 1; node < tree.size; node++) {
    if (tree.kind(node) !== Kind.Call || !/^(?:client|resource|create_client)$/.test(calleeName(tree, node))) continue
    const service = constantText(tree, argument(tree, node, 0, 'service_name'))
    if (service !== '') services.add(`${AWS} (${service})`)
  }
  return services.size === 0 ? [AWS] : [...services].sort()
}

function importLine({ trees }: RuleContext, module: ModuleId, pattern: RegExp): number {
  const tree = trees[module]!
  for (let node = 1; node < tree.size; node++) {
    const kind = tree.kind(node)
    if (kind === Kind.ImportFrom && pattern.test(tree.text(node))) return tree.line(node)
    if (kind === Kind.Alias && tree.kind(tree.parent(node)) === Kind.Import && pattern.test(tree.text(node)))
      return tree.line(node)
  }
  return 0
}

function user(context: RuleContext, module: Module, pattern: RegExp, line: number): User {
  const { program } = context
  const [from, to] = program.callRange(module.id)
  const calls: number[] = []
  for (let call = from; call < to; call++) {
    const name = program.externalOf(call)
    // Handling the vendor's errors and types is no use of the service.
    if (pattern.test(name) && !/(?:Error|Exception|Config|Fault)$/.test(name)) calls.push(program.callInfo(call).line)
  }
  return { module: module.id, calls, importLine: line }
}

/** The domain package of a module, or its folder for a module outside every package. */
function packageOf({ program }: RuleContext, module: ModuleId): string {
  const { domain, path } = program.modules[module]!
  return domain >= 0 ? program.packages[domain]!.name : path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

/** One finding for each module that calls the SDK outside the adapter, when three packages or more call it. */
function calls(context: RuleContext, vendor: string, users: readonly User[]): Detection[] {
  const { program } = context
  const callers = users.filter((item) => item.calls.length > 0)
  const adapter = adapterOf(context, callers)
  if (adapter === undefined) return []
  // However many adapters there are, they count as one place: their job is to know the vendor.
  const packages = new Set(
    callers.map((item) =>
      isAdapterPath(program.modules[item.module]!.path) ? adapter : packageOf(context, item.module),
    ),
  )
  if (packages.size < ENOUGH_PACKAGES) return []
  const outside = callers.filter((item) => {
    const { role, path } = program.modules[item.module]!
    return role === 'code' && packageOf(context, item.module) !== adapter && !isAdapterPath(path)
  })
  return outside.map((item): Detection => {
    const module = program.modules[item.module]!
    const line = item.calls[0]!
    const own = packageOf(context, item.module)
    return {
      place: { path: module.path, line },
      subject: '<module>',
      evidence: `${vendor} in ${own}`,
      message: {
        what: `\`${module.name}\` calls ${vendor} itself, ${counted(item.calls.length, 'time')}.`,
        why: `${counted(packages.size, 'domain package')} (${listed([...packages].sort())}) call ${vendor}: a change of vendor, key, region or retry policy has to be made in each.`,
        do: `Let \`${adapter}\` be the only package that calls it, and give the others an interface in words of your domain.`,
      },
      confidence: 'definite',
      related: item.calls
        .slice(1, 6)
        .map((call) => ({ path: module.path, line: call, label: `another use of ${vendor}` })),
      fixSite: { path: module.path, line, name: `${own}: ${vendor}` },
    }
  })
}

/** One finding for a vendor whose types and errors are known in three packages that never call it. */
function leakedTypes(context: RuleContext, vendor: string, users: readonly User[]): Detection[] {
  const { program } = context
  const known = users.filter(
    (item) =>
      item.calls.length === 0 &&
      !isAdapterPath(program.modules[item.module]!.path) &&
      program.modules[item.module]!.role === 'code',
  )
  const packages = [...new Set(known.map((item) => packageOf(context, item.module)))].sort()
  if (packages.length < ENOUGH_PACKAGES) return []
  const [first, ...others] = known.map((item) => ({ path: program.modules[item.module]!.path, line: item.importLine }))
  return [
    {
      place: first!,
      subject: vendor,
      evidence: `types of ${vendor}`,
      message: {
        what: `${counted(known.length, 'module')} of ${counted(packages.length, 'domain package')} (${listed(packages)}) import types or errors of ${vendor} without calling it.`,
        why: "Signatures in words of the vendor spread its model through the domain: a change of vendor, or of its SDK's major version, reaches all of them.",
        do: "Translate the vendor's objects and errors into your own where the adapter returns.",
      },
      confidence: 'definite',
      severity: 'low',
      related: others.slice(0, 10).map((place) => ({ ...place, label: `imports ${vendor}` })),
      fanOut: known.length,
      minutes: 45 * packages.length,
    },
  ]
}

/** Folders and files whose job is to speak to vendors: what is in them is no scatter. */
const ADAPTER =
  /(?:^|\/)(?:adapters?|integrations?|gateways?|providers?|vendors?|connectors?|federated_connectors|external|clients?|backends?|drivers?|plugins?|storages?|sdk|lambda|terraform|infra(?:structure)?|aws|s3|gcp|gcs|azure|stripe|slack|slackbot|openai|anthropic|sendgrid|twilio|elasticsearch|search_engine|mailers?|llm)(?:\/|\.py$|_)|_(?:adapter|gateway|client|provider|storage|backend)\.py$/

const isAdapterPath = (path: string): boolean => ADAPTER.test(path)

/** The package that should keep the SDK: one named like an adapter, else the one with the most calls. */
function adapterOf(context: RuleContext, users: readonly User[]): string | undefined {
  const weights = new Map<string, number>()
  for (const item of users) {
    const name = packageOf(context, item.module)
    const bonus = isAdapterPath(context.program.modules[item.module]!.path) ? 1000 : 0
    weights.set(name, (weights.get(name) ?? 0) + item.calls.length + bonus)
  }
  return [...weights].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0]
}
