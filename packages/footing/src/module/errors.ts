// Every coded error of modules and of the calls between them.
import { defineErrors } from '@footing/kernel'

/** The closed table of the module capability. */
export const moduleErrors = defineErrors({
  'invalid-input': {
    status: 400,
    retryable: false,
    what: 'The input of {operation} is not valid.',
    why: 'It does not match the schema of the operation; each fault is listed with its place.',
    remedy: 'Correct the fields named in the list and send the request again.',
  },
  'invalid-output': {
    status: 500,
    retryable: false,
    what: 'The answer of {operation} does not match its own schema.',
    why: 'A caller in another process would get something else than the types promise.',
    remedy: 'Return what the schema `out` says, or change the schema; each fault is listed with its place.',
  },
  'not-portable': {
    status: 500,
    retryable: false,
    what: 'The {direction} of {operation} holds {found} at {place}.',
    why: 'It does not survive JSON, so the call would break on the day its module moves to another process.',
    remedy: 'Pass plain JSON: texts, numbers, booleans, null, arrays and plain objects; a time as an ISO text.',
  },
  'transaction-across-port': {
    status: 500,
    retryable: false,
    what: 'A database transaction was passed to {operation} at {place}.',
    why: 'A transaction belongs to one module and one connection; another process could never continue it.',
    remedy: 'Finish the transaction first, or make the other module react to an event that the transaction emits.',
  },
  'operation-failed': {
    status: 500,
    retryable: false,
    what: '{operation} failed unexpectedly.',
    why: 'Its code threw something that is not a coded error; the log has the cause under the same request id.',
    remedy: 'Look up the request id in the log; where the failure is expected, throw an error of a table instead.',
  },
  'module-name-invalid': {
    status: 500,
    retryable: false,
    what: 'The name {name} cannot be used for a {kind}.',
    why: 'Names become folders, PostgreSQL schemas, metric labels and paths.',
    remedy: 'Use {rule}.',
  },
  'module-definition-invalid': {
    status: 500,
    retryable: false,
    what: 'The module {module} is not defined correctly: {fault}',
    why: 'Checking, calling, migrating and extracting all read the manifest.',
    remedy: 'Correct its defineModule(…).',
  },
  'module-duplicate': {
    status: 500,
    retryable: false,
    what: 'Two modules are called {module}.',
    why: 'A name stands for one module, one schema and one port.',
    remedy: 'Rename one of them, or list it once in createApp(…).',
  },
  'module-missing': {
    status: 500,
    retryable: false,
    what: 'The module {module} needs {needed}, which the application does not have.',
    why: 'Its calls would have nobody to answer them.',
    remedy: 'Add the implementation of {needed} to `modules` of createApp(…), or remove it from `needs`.',
  },
  'module-cycle': {
    status: 500,
    retryable: false,
    what: 'Modules need each other in a circle: {circle}.',
    why: 'None of them can then start first, be tested alone or be moved out.',
    remedy: 'Turn one of the arrows round with an event, or move what they share into a module that both need.',
  },
  'module-not-started': {
    status: 503,
    retryable: true,
    what: '{operation} was called before its module had started.',
    why: 'Modules start in order of their needs; while implement(…) runs, nothing answers yet.',
    remedy: 'Move the call into `start` of the implementation, or into an operation or a route.',
  },
  'operation-missing': {
    status: 500,
    retryable: false,
    what: 'The module {module} does not implement its operation {operation}.',
    why: 'The manifest promises it to every caller.',
    remedy: 'Return a function of that name in `port` of implement(…), or remove the operation.',
  },
  'schema-unusable': {
    status: 500,
    retryable: false,
    what: 'The schema of {place} cannot be described as JSON Schema: {reason}',
    why: 'The API description, the fast serialiser and remote calls need that description.',
    remedy: 'Use types that JSON has, or give the description by describedAs(schema, jsonSchema).',
  },
})
