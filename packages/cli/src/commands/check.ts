// footing check: whether the modules of a TypeScript project keep to their boundaries, on save and in CI.
import { type Command, type CommandContext, type ExitCode, exit } from '../command/command.ts'

export const check: Command = {
  name: 'check',
  summary: 'check that modules keep to their boundaries, in any TypeScript project',
  description:
    'Modules are found by their manifests (defineModule), by `boundaries.modules` in footing.config.json, by workspaces, or by usual folder names. A module may import only the public face of the modules that it declares as needs, never in a cycle; only its owner writes a table, vendor SDKs stay in drivers, and an import that leads nowhere is reported. Exit 0: everything holds; 1: something does not; 2: the check could not run (zero files read is one such case).',
  arguments: [{ name: 'path', summary: 'folder to check; the current one when left out' }],
  options: [
    { flags: '--watch', summary: 'check again on every save and print what changed', group: 'Run' },
    {
      flags: '--only <rules>',
      repeated: true,
      summary: 'judge only by these rules or decisions, separated by commas',
      group: 'What counts',
    },
    { flags: '--skip <rules>', repeated: true, summary: 'leave these rules or decisions out', group: 'What counts' },
    {
      flags: '--fail-on <severity>',
      summary: 'lowest severity that fails (exit 1)',
      choices: ['critical', 'high', 'medium', 'low', 'info'],
      default: 'low',
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
    {
      flags: '--format <format>',
      repeated: true,
      summary: 'terminal, json, sarif, markdown or github; may be repeated',
      group: 'Output',
    },
    {
      flags: '--output <file>',
      repeated: true,
      summary: 'file for each format, in order, or format=file; `-` is stdout',
      group: 'Output',
    },
    { flags: '--config <file>', summary: 'footing.config.json, package.json or footing.config.ts', group: 'Run' },
    { flags: '--no-cache', summary: 'read every file again', group: 'Run' },
  ],
  examples: [
    { run: 'footing check', does: 'the project you are in' },
    { run: 'footing check examples/conduit', does: 'a Footing application' },
    { run: 'footing check --watch', does: 'again on every save' },
    { run: 'footing check --only module-cycle,deep-import', does: 'two rules' },
    { run: 'footing check --baseline .footing-baseline.json', does: 'fail on what is new' },
    { run: 'footing check --format sarif --output check.sarif --exit-zero', does: 'a file for code scanning' },
  ],
  docs: 'docs/check.md',
  run,
}

async function run(context: CommandContext): Promise<ExitCode> {
  const auditor = await import('@footing/audit')
  const { readCheckRequest } = await import('../check/request.ts')
  const request = await readCheckRequest(context, auditor)
  if (context.options.watch === true) {
    const { watchCheck } = await import('../check/watch.ts')
    return await watchCheck(request, context, auditor)
  }
  const { checkOnce } = await import('../check/check-once.ts')
  const { result, milliseconds } = await checkOnce(request, context, auditor)
  const { writeCheck } = await import('../check/write-check.ts')
  writeCheck(result, milliseconds, request, context, auditor)
  if (request.updateBaseline !== undefined) {
    const { updateBaseline } = await import('../audit/update-baseline.ts')
    updateBaseline(result, request, context, auditor)
    return exit.ok
  }
  const { hasFailed } = await import('../check/verdict.ts')
  return hasFailed(result, request, auditor) ? exit.findings : exit.ok
}
