// footing audit: judges a folder by the eight decisions, prints the reports and picks the exit code.
import { type Command, type CommandContext, type ExitCode, exit } from '../command/command.ts'

export const audit: Command = {
  name: 'audit',
  summary: 'judge a Python or TypeScript back end by the eight decisions, with evidence',
  description:
    'Reads Python, TypeScript and JavaScript, deployment files (Dockerfiles, compose, Kubernetes, Procfiles, gunicorn, systemd), manifests and the git history below PATH, and runs none of it. Servers and workers are judged; front ends, command lines, libraries and scripts are listed separately. Exit 0: nothing at or above --fail-on; 1: something is; 2: the audit could not run (zero files read is one such case).',
  arguments: [{ name: 'path', summary: 'folder to audit; the current one when left out' }],
  options: [
    {
      flags: '--format <format>',
      repeated: true,
      summary: 'terminal, json, sarif, markdown, github or html; may be repeated',
      group: 'Output',
    },
    {
      flags: '--output <file>',
      repeated: true,
      summary: 'file for each format, in order, or format=file; `-` is stdout',
      group: 'Output',
    },
    { flags: '--explain <rule>', summary: 'print the page of a rule or a diagnosis and stop', group: 'Output' },
    {
      flags: '--only <decisions>',
      repeated: true,
      summary: 'judge only these decisions, separated by commas',
      group: 'What counts',
    },
    {
      flags: '--min-confidence <confidence>',
      summary: 'lowest confidence that is shown',
      choices: ['definite', 'probable', 'possible'],
      default: 'probable',
      group: 'What counts',
    },
    {
      flags: '--fail-on <severity>',
      summary: 'lowest severity that fails (exit 1)',
      choices: ['critical', 'high', 'medium', 'low', 'info'],
      default: 'high',
      group: 'What counts',
    },
    { flags: '--exit-zero', summary: 'exit 0 whatever is found', group: 'What counts' },
    {
      flags: '--baseline <file>',
      summary: 'known findings do not fail; the file can only shrink',
      group: 'What counts',
    },
    {
      flags: '--update-baseline',
      summary: 'write the baseline: a new one when there is none, else the old one without what is gone',
      group: 'What counts',
    },
    { flags: '--config <file>', summary: 'footing.config.json or footing.config.ts', group: 'Run' },
    { flags: '--no-cache', summary: 'read every file again', group: 'Run' },
    { flags: '--no-history', summary: 'do not read the git history', group: 'Run' },
  ],
  examples: [
    { run: 'footing audit', does: 'the folder you are in' },
    { run: 'footing audit ../shop --only async,data', does: 'two decisions of another repository' },
    { run: 'footing audit --format sarif --output audit.sarif --exit-zero', does: 'a file for code scanning' },
    { run: 'footing audit --baseline .footing-baseline.json --fail-on medium', does: 'fail on what is new' },
    { run: 'footing audit --explain async/blocking-chain-in-async', does: 'why a rule says what it says' },
  ],
  docs: 'docs/audit.md',
  run,
}

async function run(context: CommandContext): Promise<ExitCode> {
  const auditor = await import('@footing/audit')
  const { readRequest } = await import('../audit/request.ts')
  const request = await readRequest(context, auditor)
  if (request.explain !== undefined) {
    const { terminal } = context
    if (terminal.wantsJson) terminal.json({ rule: request.explain })
    else terminal.raw(request.explain.page)
    return exit.ok
  }
  const { showProgress } = await import('../audit/progress.ts')
  const progress = showProgress(context.terminal)
  let result: Awaited<ReturnType<typeof auditor.audit>>
  try {
    result = await auditor.audit({ ...request.options, signal: context.signal, onProgress: progress.update })
  } finally {
    progress.close()
  }
  const { writeReports } = await import('../audit/write-reports.ts')
  writeReports(result, request, context, auditor)
  if (request.updateBaseline !== undefined) {
    const { updateBaseline } = await import('../audit/update-baseline.ts')
    updateBaseline(result, request, context, auditor)
    return exit.ok
  }
  const gate = auditor.severityRank(request.failOn)
  const failing = result.findings.some(
    (finding) => !finding.trial && finding.confidence !== 'possible' && auditor.severityRank(finding.severity) <= gate,
  )
  return failing && !request.exitZero ? exit.findings : exit.ok
}
