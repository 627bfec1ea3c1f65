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
    remedy: 'Correct the name, or add the module that announces it to `needs`.',
  },
  'event-elsewhere': {
    status: 500,
    retryable: false,
    what: 'The module {module} subscribes to {event}, but {emitter} runs in another process.',
    why: 'The driver of events keeps them in one process, so the handler would never be called.',
    remedy: 'Run both modules in the same process, or call the port of {module} instead.',
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
