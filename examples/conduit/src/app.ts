// The application: three modules behind one API, in the shape of the RealWorld specification.
import { createApp } from '@footing/core'
import { billingModule } from './billing/billing.ts'
import { contentModule } from './content/content.ts'
import { identityModule } from './identity/identity.ts'
import { realWorldProblem } from './realworld/problem.ts'

export const app = createApp({
  name: 'conduit',
  version: '1.0.0',
  modules: [identityModule, contentModule, billingModule],
  http: {
    basePath: '/api',
    cors: { origins: '*' },
    bodyLimit: '100kb',
    problem: realWorldProblem,
  },
})
