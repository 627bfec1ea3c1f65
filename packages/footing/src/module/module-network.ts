// Joins the modules of one process: a target for every operation, and for every caller its typed ports.

import type { CallEnvironment } from '../work/run-work.ts'
import type { AnyManifest } from './define-module.ts'
import { moduleErrors } from './errors.ts'
import type { Operation } from './operation.ts'
import { type Answer, bindCall, OperationTarget } from './port-call.ts'

/** The ports of one caller: module → operation → function. */
export type BoundPorts = Readonly<Record<string, Readonly<Record<string, ReturnType<typeof bindCall>>>>>

/** A call that a route makes, and the name by which its faults speak of it. */
export interface EdgeCall {
  readonly label: string
  readonly call: ReturnType<typeof bindCall>
}

/** The modules of one process, able to call each other. */
export class ModuleNetwork {
  readonly environment: CallEnvironment
  readonly #targets = new Map<string, Map<string, OperationTarget>>()

  /** Makes a target for every operation; they answer once `answer` has named who does. */
  constructor(manifests: readonly AnyManifest[], environment: CallEnvironment) {
    this.environment = environment
    for (const { name, port } of manifests) {
      const targets = Object.entries(port).map(
        ([operation, definition]) =>
          [operation, new OperationTarget(name, operation, definition, environment)] as const,
      )
      this.#targets.set(name, new Map(targets))
    }
  }

  /** The ports of `modules` as `caller` sees them; undefined is a caller outside of all modules. */
  portsFor(caller: string | undefined, modules: readonly AnyManifest[]): BoundPorts {
    return Object.fromEntries(
      modules.map(({ name }) => [
        name,
        Object.fromEntries([...this.#of(name)].map(([operation, target]) => [operation, bindCall(target, caller)])),
      ]),
    )
  }

  /**
   * The call of an operation by a route of `manifest`, whose result leaves the process; undefined for an operation that
   * is neither its own nor of a module that it needs.
   */
  callAtEdge(manifest: AnyManifest, operation: Operation): EdgeCall | undefined {
    for (const { name } of [manifest, ...manifest.needs]) {
      const target = [...this.#of(name).values()].find((one) => one.operation === operation)
      if (target) return { label: target.label, call: bindCall(target, manifest.name, true) }
    }
    return undefined
  }

  /**
   * Names who answers the operations of a module.
   * @throws `operation-missing`
   */
  answer(module: string, answers: Readonly<Record<string, unknown>>): void {
    for (const [operation, target] of this.#of(module)) {
      const answer = Object.hasOwn(answers, operation) ? answers[operation] : undefined
      if (typeof answer !== 'function') throw moduleErrors('operation-missing', { details: { module, operation } })
      // Checked to be a function; its parameters are typed by the manifest, which TypeScript has compared.
      target.answer = answer as Answer
    }
  }

  /** Names who sends the calls of a module that lives in another process. */
  place(module: string, answerOf: (target: OperationTarget) => Answer): void {
    for (const target of this.#of(module).values()) {
      target.placed = true
      target.answer = answerOf(target)
    }
  }

  /** All operations of the process, in order of their modules. */
  get targets(): readonly OperationTarget[] {
    return [...this.#targets.values()].flatMap((operations) => [...operations.values()])
  }

  #of(module: string): ReadonlyMap<string, OperationTarget> {
    return this.#targets.get(module) ?? new Map()
  }
}
