// Every coded error of modules that live in another process.
import { defineErrors } from '@footing/kernel'

/** The closed table of the placement capability. */
export const placementErrors = defineErrors({
  'placement-invalid': {
    status: 500,
    retryable: false,
    what: 'The placement of modules does not fit: {fault}',
    why: 'A process that starts with it would have calls that nobody answers, or that anybody may make.',
    remedy: 'Correct PLACE_<MODULE>, SERVE_MODULES and MODULE_KEYS of this process; docs/placement.md has examples.',
  },
  'module-unreachable': {
    status: 503,
    retryable: true,
    what: '{operation} could not be asked in its process: {reason}.',
    why: 'Nobody took the call, or it may be repeated without harm; nothing is in doubt.',
    remedy: 'Try again later; look whether the process that PLACE_<MODULE> names runs and can be reached from here.',
  },
  'call-interrupted': {
    status: 502,
    retryable: false,
    what: '{operation} was sent, and no answer came back: {reason}.',
    why: 'It may have been done or not. It is not declared idempotent, so it is not repeated by itself.',
    remedy: 'Look whether it has happened before it is done again, or make the operation idempotent and declare it so.',
  },
  'module-paused': {
    status: 503,
    retryable: true,
    what: 'Calls to {module} are paused for {ms} ms.',
    why: 'Too many of the last calls to its process failed; waiting for more of them would fill this process too.',
    remedy: 'Nothing to do here: one call at a time finds out whether it answers again. Look at the other process.',
  },
  'answer-unusable': {
    status: 502,
    retryable: false,
    what: 'The answer to {operation} cannot be used: {reason}.',
    why: 'Something else than the module answered, or its process is of another version.',
    remedy: 'Look what answers at the address in PLACE_<MODULE>: the module itself, and of a version that fits?',
  },
  'message-too-large': {
    status: 413,
    retryable: false,
    what: 'What {operation} is given has {bytes} bytes; {most} can be sent to another process.',
    why: 'Both sides hold a message in memory in whole.',
    remedy: 'Send it in parts, or store it and send where it is.',
  },
  'call-refused': {
    status: 502,
    retryable: false,
    what: 'The process of {module} does not accept calls from here: {reason}.',
    why: 'Processes of one application prove by a key that they belong together.',
    remedy:
      'Compare MODULE_KEYS and the clocks of both processes: the first key here has to be among the keys there. Without MODULE_KEYS each process makes up a key of its own.',
  },
  'versions-apart': {
    status: 502,
    retryable: false,
    what: 'Caller and module disagree about {operation}: {difference}.',
    why: 'They run different versions whose schemas do not fit, so the call was not made.',
    remedy: 'Change schemas in steps: add what is optional, deploy both sides, and only then require or remove.',
  },
  'call-unsigned': {
    status: 401,
    retryable: false,
    what: 'The call is not signed by a process of this application: {reason}.',
    why: 'The port of a module answers processes that know one of MODULE_KEYS, and nobody else.',
    remedy: 'Sign the call as docs/placement.md says, with a key that is among MODULE_KEYS of this process.',
  },
  'call-out-of-time': {
    status: 401,
    retryable: false,
    what: 'The call was signed {seconds} s away from the time here.',
    why: 'A signature is good for a short time only, so that a recorded call is worth nothing later.',
    remedy: 'Set the clocks of both machines by the same time server.',
  },
  'call-replayed': {
    status: 409,
    retryable: false,
    what: 'This very call has been made before.',
    why: 'Each signed call is taken once; a second one was recorded and sent again by somebody.',
    remedy: 'Sign each call anew. If nobody did this on purpose, change MODULE_KEYS.',
  },
  'call-unremembered': {
    status: 503,
    retryable: true,
    what: 'The call was signed before the time from which this process remembers calls; it was not done now.',
    why: 'Whether it was done before a restart, or before the clock was set back, is not known here: it may be a recorded one.',
    remedy:
      'Sign it anew and send it again. Where that does not help, the clock of the caller is late: set both by one time server.',
  },
  'call-from-browser': {
    status: 403,
    retryable: false,
    what: 'The call comes from a browser: {reason}.',
    why: 'Any page could otherwise have the browsers of its visitors call the modules of an application on their machine.',
    remedy: 'Call the routes of the application from browsers, and the ports of modules from its processes only.',
  },
  'message-too-nested': {
    status: 400,
    retryable: false,
    what: 'What {operation} is given cannot be read: {reason}.',
    why: 'Brackets without end hold a process up for seconds, and no value of an operation has so many.',
    remedy: 'Send flat lists, in parts where they are long.',
  },
  'call-schema-unknown': {
    status: 409,
    retryable: false,
    what: 'The caller of {operation} knows another version of it.',
    why: 'Whether both fit is decided by the caller, who is told the schema that holds here; nothing was done.',
    remedy: 'A caller made by Footing compares the schemas by itself and calls again when they fit.',
  },
  'module-elsewhere': {
    status: 500,
    retryable: false,
    what: 'This process neither has the module {module} nor knows where it is.',
    why: 'SERVE_MODULES leaves it out, and no module here needs it.',
    remedy: 'Set PLACE_<MODULE> to the address of the process that has it, or ask there.',
  },
  'setting-elsewhere': {
    status: 500,
    retryable: false,
    what: 'The setting {name} of {module} is not set in this process.',
    why: 'The module lives in another process, but its routes and authenticate are made here and read it.',
    remedy: 'Set {name} here too, or read it inside of an operation of the port.',
  },
})
