// Answers that leave piece by piece: as fast as the client takes them, until the deadline of the request.
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { FastifyReply } from 'fastify'
import { currentContext } from '../work/call-context.ts'
import type { Context } from '../work/context.ts'
import { createLog } from '../work/log.ts'

/** The pieces of an answer. */
export class Pieces {
  readonly source: AsyncIterable<Uint8Array | string>

  constructor(source: AsyncIterable<Uint8Array | string>) {
    this.source = source
  }
}

const log = createLog('http', currentContext)

/**
 * Sends the pieces and resolves when the last one has left. The source ends with the request: with its deadline, and when
 * the client hangs up. A source that fails cuts the connection, because the status has left already.
 */
export async function sendPieces(reply: FastifyReply, { source }: Pieces, context: Context): Promise<undefined> {
  let fault: unknown
  const guarded = async function* () {
    try {
      yield* source
    } catch (error) {
      fault = error
      throw error
    }
  }
  const pieces = Readable.from(guarded(), { objectMode: false, highWaterMark: 64 * 1024, signal: context.signal })
  reply.send(pieces)
  try {
    await finished(reply.raw)
  } catch (error) {
    pieces.destroy()
    if (fault !== undefined && !context.signal.aborted) log.error('a streamed answer broke off', {}, fault)
    throw fault ?? error
  }
  return undefined
}
