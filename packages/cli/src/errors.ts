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
  'error-code-unknown': {
    status: 404,
    retryable: false,
    what: 'There is no error code {code}.',
    why: '{near}',
    remedy: 'All codes are in docs/reference/errors.md, and footing explain without a code lists them.',
  },
})
