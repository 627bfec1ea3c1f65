// Every coded error of mounting modules on a server that exists.
import { defineErrors } from '@footing/kernel'

/** The closed table of hosts. */
export const hostErrors = defineErrors({
  'host-unknown': {
    status: 500,
    retryable: false,
    what: 'mountModule(…) was given a host that is neither a Fastify 5 nor an Express 5 application.',
    why: 'Routes are handed over in the way of the host, which has to be known.',
    remedy: 'Give it the application itself; in NestJS app.getHttpAdapter().getInstance(), before app.listen().',
  },
  'host-route-taken': {
    status: 500,
    retryable: false,
    what: 'The host answers {route} already, and the module {module} brings it too.',
    why: 'One of the two would never be asked, and nobody would see which.',
    remedy: 'Choose another basePath in mountModule(…), or remove the route of the host.',
  },
  'host-body-consumed': {
    status: 500,
    retryable: false,
    what: 'The body of {route} was read by the host before the module got the request.',
    why: 'A body can be read once; the module would wait for one that never comes.',
    remedy: 'Call mountModule(…) before app.use(express.json()) and other parsers, in NestJS before app.listen().',
  },
})
