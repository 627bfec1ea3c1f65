// The coded errors of the test kit.
import { defineErrors, type FootingError } from '@footing/kernel'

/** The closed table of this capability. */
export const testingErrors = defineErrors({
  'test-program-missing': {
    status: 500,
    retryable: false,
    what: 'The tests need programs that are not on this machine: {packages}.',
    why: 'They run against real servers, and this user may not install them here.',
    remedy: 'Run: {command}',
  },
  'test-install-failed': {
    status: 500,
    retryable: true,
    what: 'The packages {packages} could not be installed: {reason}',
    why: 'The tests run against real servers, which these packages bring.',
    remedy: 'Run: sudo apt-get update && sudo apt-get install -y --no-install-recommends {packages}',
  },
  'test-server-failed': {
    status: 500,
    retryable: false,
    what: 'The test server {server} did not answer within {waitedMs} ms: {reason}',
    why: 'The tests that need it cannot run.',
    remedy: 'Read the reason; a port or a file may be refused to this user.',
  },
  'test-servers-unreachable': {
    status: 500,
    retryable: false,
    what: 'The desk that hands out test servers did not answer: {reason}',
    why: 'It lives in the process that started the test run, which seems to have ended.',
    remedy: 'Start the tests again with npm test, and do not set FOOTING_TEST_SERVERS by hand.',
  },
  'second-process-failed': {
    status: 500,
    retryable: false,
    what: 'The module {module} could not start in a process of its own: {reason}',
    why: 'The test asked for it to be placed there.',
    remedy: 'Read the reason. A module that calls others while it starts has to wait until they are there.',
  },
})

/** Makes an error of the table with the values that its sentences name. */
export function testingError(
  code: Parameters<typeof testingErrors>[0],
  details: Readonly<Record<string, string | number>>,
  cause?: unknown,
): FootingError {
  return testingErrors(code, { details, cause })
}
