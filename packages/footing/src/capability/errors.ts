// Every coded error of opening, joining and closing capabilities.
import { defineErrors } from '@footing/kernel'

/** The closed table of the capability shape. */
export const capabilityErrors = defineErrors({
  'capability-unknown': {
    status: 500,
    retryable: false,
    what: 'The module {module} names the capability {capability}, which this application does not have.{hint}',
    why: 'A demand that nobody reads looks like a promise and is none.',
    remedy: 'Correct the name, or give the capability to createApp({ capabilities: […] }). Known are: {known}.',
  },
  'capability-twice': {
    status: 500,
    retryable: false,
    what: 'Two capabilities are called {capability}.',
    why: 'Settings, handles and guarantees go by that name.',
    remedy: 'Rename your own one; the names of the library are taken.',
  },
  'guarantee-unknown': {
    status: 500,
    retryable: false,
    what: 'The module {module} demands "{guarantee}" of {capability}, which no driver of it knows.{hint}',
    why: 'A misspelt demand would be a promise that nobody keeps.',
    remedy: 'Correct it. {capability} knows: {known}.',
  },
  'guarantee-missing': {
    status: 500,
    retryable: false,
    what: 'The module {module} demands "{guarantee}" of {capability}, and the driver {driver} does not offer it.',
    why: 'The module was written for that promise; without it, it would lose or repeat things on a bad day.',
    remedy:
      'Take a driver that offers it ({variable}), or remove the demand from `guarantees` and write the module for less.',
  },
  'capability-needed': {
    status: 500,
    retryable: false,
    what: '{capability} needs {needed}, which this application does not have.',
    why: 'It keeps what it does there.',
    remedy: 'Give the capability {needed} to createApp({ capabilities: […] }).',
  },
  'capability-elsewhere': {
    status: 500,
    retryable: false,
    what: 'The module {module} lives in another process; {capability} cannot be used for it here.',
    why: 'Only its routes and authenticate are made here. What it keeps is written and read where the module is.',
    remedy: 'Do this in an operation of its port, and call that.',
  },
  'capability-open-failed': {
    status: 500,
    retryable: false,
    what: 'The capability {capability} could not open: {reason}',
    why: 'A module counts on it, so the application does not start without it.',
    remedy: 'Read the cause, correct it and start again; what had opened was closed.',
  },
  'capability-close-failed': {
    status: 500,
    retryable: false,
    what: 'The application stopped, but not in order: {failures}',
    why: 'What was under way there may be unfinished. Everything else was stopped and closed.',
    remedy: 'Read the log for the cause of each; look after what the named part was doing.',
  },
  'production-default': {
    status: 500,
    retryable: false,
    what: 'Production does not run {capability} on {driver}: {what}',
    why: 'It works on one machine on a good day, which is what development is for.',
    remedy: '{remedy}',
  },
})
