// SARIF 2.1.0: relative URIs, fingerprints, code flows for chains, suppressions, baseline state.
import type { CodeFlow, Location, Log, ReportingDescriptor, Result } from 'sarif'
import type { Severity } from '../detection/detection.ts'
import type { Place } from '../facts/place.ts'
import type { Finding } from '../findings/finding.ts'
import { compareText } from '../findings/order.ts'
import type { AuditResult } from '../result/audit-result.ts'
import type { RuleDescription } from '../rule/rule.ts'
import type { Reporter, ReportOptions } from './report.ts'

const ROOT = 'SRCROOT'

/** The SARIF log of a result; at most 5,000 results, the most important ones, as code scanning keeps. */
export const sarif: Reporter = (result, options) => `${JSON.stringify(sarifLog(result, options), undefined, 1)}\n`

function sarifLog(result: AuditResult, options: ReportOptions): Log {
  const all = [...result.findings, ...result.silenced]
  const used = new Set(all.map((finding) => finding.rule))
  const rules = result.rules.filter((rule) => used.has(rule.id)).sort((a, b) => compareText(a.id, b.id))
  const indexes = new Map(rules.map((rule, index) => [rule.id, index]))
  const hasBaseline = result.baseline !== undefined
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'footing',
            semanticVersion: result.tool.version,
            informationUri: options.pagesUrl,
            rules: rules.map((rule) => descriptor(rule, options)),
          },
        },
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: { [ROOT]: { description: { text: 'The audited folder.' } } },
        results: all.slice(0, 5000).map((finding) => resultOf(finding, indexes.get(finding.rule) ?? -1, hasBaseline)),
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: result.coverage.unparsed.map((file) => ({
              level: 'warning' as const,
              message: { text: `Not parsed: ${file.reason}` },
              locations: [location({ path: file.path, line: Math.max(1, file.line) })],
            })),
          },
        ],
        properties: {
          scorecard: result.scorecard.map(({ decision, verdict, because }) => ({ decision, verdict, because })),
          heldBack: result.coverage.heldBack,
        },
      },
    ],
  }
}

function resultOf(finding: Finding, ruleIndex: number, hasBaseline: boolean): Result {
  const { message, chain, related, silence } = finding
  const allowed = silence?.by === 'comment'
  return {
    ruleId: finding.rule,
    ruleIndex,
    level: level(finding.severity),
    message: { text: `${message.what} ${message.why} ${message.do}` },
    locations: [location(finding.place)],
    ...(related === undefined || related.length === 0
      ? {}
      : { relatedLocations: related.map((place, id) => ({ id, ...location(place), message: { text: place.label } })) }),
    ...(chain === undefined || chain.length === 0 ? {} : { codeFlows: [codeFlow(finding)] }),
    partialFingerprints: { 'footing/v1': finding.fingerprint, 'footingContent/v1': finding.contentFingerprint },
    ...(hasBaseline ? { baselineState: silence?.by === 'baseline' ? ('unchanged' as const) : ('new' as const) } : {}),
    ...(allowed
      ? { suppressions: [{ kind: 'inSource' as const, status: 'accepted' as const, justification: silence.reason }] }
      : {}),
    properties: {
      confidence: finding.confidence,
      severity: finding.severity,
      decision: finding.decision,
      subject: finding.subject,
      ...(finding.diagnosis === undefined ? {} : { diagnosis: finding.diagnosis }),
      fixSite: `${finding.fixSite.path}:${finding.fixSite.line}`,
      ...(finding.fanOut === undefined ? {} : { fanOut: finding.fanOut }),
      ...(finding.trial ? { trial: true } : {}),
    },
  }
}

function codeFlow(finding: Finding): CodeFlow {
  const steps = finding.chain ?? []
  return {
    threadFlows: [
      {
        locations: steps.map((step, index) => ({
          location: { ...location(step), message: { text: step.label } },
          nestingLevel: index,
          importance: index === 0 || index === steps.length - 1 ? ('essential' as const) : ('important' as const),
        })),
      },
    ],
  }
}

function location({ path, line }: Place): Location {
  return {
    physicalLocation: {
      artifactLocation: { uri: path.split('/').map(encodeURIComponent).join('/'), uriBaseId: ROOT },
      region: { startLine: Math.max(1, line) },
    },
  }
}

function descriptor(rule: RuleDescription, options: ReportOptions): ReportingDescriptor {
  return {
    id: rule.id,
    name: pascal(rule.id),
    shortDescription: { text: rule.summary },
    fullDescription: { text: rule.summary },
    ...(rule.id.startsWith('audit/') ? {} : { helpUri: `${options.pagesUrl}${rule.id}.md` }),
    help: { text: rule.page, markdown: rule.page },
    defaultConfiguration: { level: level(rule.severity) },
    properties: { tags: [rule.id.slice(0, rule.id.indexOf('/'))], 'problem.severity': level(rule.severity) },
  }
}

function level(severity: Severity): 'error' | 'warning' | 'note' {
  if (severity === 'critical' || severity === 'high') return 'error'
  return severity === 'medium' ? 'warning' : 'note'
}

function pascal(id: string): string {
  return id.replace(/(?:^|[/-])([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
