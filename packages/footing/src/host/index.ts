// Footing on an application that exists: modules mounted on its server.
export { hostErrors } from './errors.ts'
export { type ExpressApplication, type FastifyApplication, type MountOptions, mountModule } from './mount-module.ts'
