// Every coded error of the command line itself.
import { defineErrors } from '@footing/kernel'

/** The closed table. `{name}` stands for a detail of the single case. */
export const cliErrors = defineErrors({
  'app-missing': {
    status: 404,
    retryable: false,
    what: 'There is no application in {folder}.',
    why: 'Neither src/app.ts nor "footing": { "app": "…" } in package.json names a file that exists.',
    remedy:
      'Name its folder: footing {command} examples/conduit. Or create src/app.ts that exports app = createApp(…).',
  },
  'app-export-missing': {
    status: 422,
    retryable: false,
    what: '{file} exports no application.',
    why: 'The command looks for an export named app, or a default export, made by createApp(…).',
    remedy: 'Add: export const app = createApp({ name, modules }).',
  },
  'app-load-failed': {
    status: 422,
    retryable: false,
    what: '{file} could not be loaded: {reason}',
    why: 'An import failed, the syntax is wrong, or code that runs at import time threw.',
    remedy: 'Repair the place that the trace names; the application is started again when a file changes.',
  },
  'app-ended': {
    status: 500,
    retryable: false,
    what: 'The process of the application ended by itself ({ending}).',
    why: 'It called process.exit, ran out of memory, or an exception reached the top.',
    remedy: 'Look at the lines above; the application is started again when a file changes.',
  },
  'dev-port-taken': {
    status: 409,
    retryable: false,
    what: 'Port {port} is taken by {owner}.',
    why: 'Two servers cannot listen on one port.',
    remedy: 'Stop that process, or take another port: footing {command} --port {free} (0 takes any free one).',
  },
  'port-invalid': {
    status: 400,
    retryable: false,
    what: '{value} is no port.',
    why: 'A port is a whole number from 0 to 65535; 0 takes any free one.',
    remedy: 'Give one with --port or in the variable PORT, for example --port 3000.',
  },
  'migrate-action-unknown': {
    status: 400,
    retryable: false,
    what: '{action} is nothing that migrate does.',
    why: 'It brings a database up to date, says what is pending, or reviews it.',
    remedy: 'Run footing migrate up, footing migrate status or footing migrate plan.',
  },
  'map-markers-broken': {
    status: 422,
    retryable: false,
    what: 'The generated part of {file} cannot be told from the rest.',
    why: 'The markers have to stand once each, in this order: {begin} … {end}',
    remedy: 'Repair the two lines, or delete them and what stands between; the part is then added at the end.',
  },
  'map-owner-invalid': {
    status: 422,
    retryable: false,
    what: 'The owner of {module} is {owner}, which CODEOWNERS cannot hold.',
    why: 'An owner there is a user (@name), a team (@organisation/team) or an address; several stand with a space between.',
    remedy: 'Name such an owner in the manifest: defineModule(…, { owner: "@acme/payments" }).',
  },
  'map-folder-unknown': {
    status: 422,
    retryable: false,
    what: 'The folder of {module} was not found.',
    why: 'No source file below this repository declares it with defineModule and a text as its name.',
    remedy: 'Declare it with a literal name: defineModule("{module}", …), in a file of its folder.',
  },
  'map-metrics-unreadable': {
    status: 422,
    retryable: false,
    what: '{place} gave no metrics of an application: {reason}.',
    why: 'Pressure reads what startTelemetry().metrics serves at /metrics, in the Prometheus text format.',
    remedy:
      'Give the address of a running application, http://127.0.0.1:3000/metrics, or a file with its text. A protected page needs METRICS_TOKEN in the environment.',
  },
  'map-format-unknown': {
    status: 400,
    retryable: false,
    what: '{format} is not something that can be compared or written in place.',
    why: 'Only parts of files that people write are kept up to date: codeowners and mermaid.',
    remedy: 'Use --format codeowners or --format mermaid with --check or --write; other formats go to --output-file.',
  },
  'error-code-unknown': {
    status: 404,
    retryable: false,
    what: 'There is no error code {code}.',
    why: '{near}',
    remedy: 'All codes are in docs/reference/errors.md, and footing explain without a code lists them.',
  },
})
