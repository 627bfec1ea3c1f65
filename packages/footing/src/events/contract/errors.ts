// Every coded error of events between modules.
import { defineErrors } from '@footing/kernel'

/** The closed table of the events capability. */
export const eventErrors = defineErrors({
  'invalid-event': {
    status: 500,
    retryable: false,
    what: 'The payload of {event} is not valid.',
    why: 'It does not match the schema that the manifest promises to every subscriber; each fault is listed with its place.',
    remedy: 'Emit what the schema says, or change the schema together with the subscribers.',
  },
  'event-missing': {
    status: 500,
    retryable: false,
    what: 'The module {module} emits {event}, which its manifest does not declare.',
    why: 'Subscribers are typed and checked by the manifest of the module that announces.',
    remedy: 'Add it to `events` of defineModule(…), or correct the name.',
  },
  'event-unknown': {
    status: 500,
    retryable: false,
    what: 'The module {module} subscribes to {event}, which it cannot hear: {reason}.',
    why: 'The handler would wait for ever, and nobody would notice.',
    remedy:
      'Correct the name, or add the module that announces it to `needs`, or the contract of its events to `hears`.',
  },
  'event-elsewhere': {
    status: 500,
    retryable: false,
    what: 'The module {module} subscribes to {event}, but {emitter} runs in another process.',
    why: 'Without a database events stay in their process, so the handler would never be called.',
    remedy:
      'Run both modules in the same process, or give the application a database, which carries events between processes.',
  },
  'event-contract-differs': {
    status: 500,
    retryable: false,
    what: 'The module {module} hears {event} by a contract that is not the one of the manifest of {emitter}.',
    why: 'It would expect a payload that nobody announces.',
    remedy:
      'Give the manifest of {emitter} the contract that others hear it by: `events: contract.events`, from the same file.',
  },
  'events-tables-missing': {
    status: 503,
    retryable: true,
    what: 'The database has no log of events yet.',
    why: 'What a module announces is written there in the transaction of its change.',
    remedy: 'Run footing migrate up against this database, as a deployment does before it starts the new version.',
  },
  'event-subscriber-unknown': {
    status: 404,
    retryable: false,
    what: 'No subscriber is called {subscriber}.{hint}',
    why: 'It is the module that hears and the one that is heard, as mail:billing, with the application in front where two have it.',
    remedy: 'Name one of those that are known: {known}.',
  },
  'event-time-invalid': {
    status: 400,
    retryable: false,
    what: '{time} is no time.',
    why: 'It says from when on events are delivered again.',
    remedy: 'Write it as 2026-11-30T14:00:00Z.',
  },
  'event-too-large': {
    status: 500,
    retryable: false,
    what: 'The payload of {event} has {bytes} bytes; at most {most} are taken.',
    why: 'Every subscriber reads it, and the log keeps it for a while.',
    remedy:
      'Announce what happened and the key of it, and keep large contents in the object storage or behind the port.',
  },
  'event-taken-over': {
    status: 503,
    retryable: true,
    what: 'Another process handles the events of {subscriber} by now.',
    why: 'This one was too slow or cut off for longer than its lease, so its effects are rolled back.',
    remedy:
      'Nothing to do: the other process delivers the event again. If it comes often, look for a blocked event loop.',
  },
  'event-queue-full': {
    status: 503,
    retryable: true,
    what: 'The event {event} was not taken: {waiting} wait for {subscriber} already.',
    why: 'Its handler is slower than the events come, and a queue in memory has to have an end.',
    remedy: 'Try again later; if it lasts, make the handler faster or announce less often.',
  },
  'events-closed': {
    status: 503,
    retryable: true,
    what: 'The event {event} was not taken: the process is stopping.',
    why: 'Nobody would be there to deliver it.',
    remedy: 'Send the request again; another process answers it.',
  },
})
