// The HTTP edge alone, for an existing Fastify application: problem details, headers, health pages, description.
export {
  events,
  form,
  type Media,
  multipart,
  raw,
  type ServerSentEvent,
  stream,
  text,
  type Upload,
  type UploadedFile,
} from '../module/media.ts'
export type { EdgeRequest, Middleware } from '../module/middleware.ts'
export { type AnyRoute, type Auth, type Reply, respond, route } from '../module/route.ts'
export { answerFaults, type FaultOptions, faultAnswer, sendSecurityHeaders } from './adopt.ts'
export { httpErrors } from './errors.ts'
export { addHealth, type Health } from './health.ts'
export type { CorsOptions, FailedRequest, HttpOptions, MountedRoute, ProblemAnswer } from './http-options.ts'
export { type DescribedApi, describeApi, type OpenApiDocument } from './openapi.ts'
export { type ModuleRoutes, type PlacedRoute, placeRoutes } from './place-routes.ts'
export { problemDetails } from './problem.ts'
export { renderReference } from './reference-page.ts'
export { translateFault } from './translate-fault.ts'
