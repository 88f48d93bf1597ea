import type { RequestHandler } from 'express'

/** What a page sends at most: a flag or segment of 600,000 characters, each of which a form may write as nine. */
export const longestForm = 8 << 20

/**
 * Pages read a form whole, also for strangers: what is longer is refused before it is read where its length is told, and
 * cut off where it is not. To stand right before who reads it, since it listens to what arrives.
 */
export const limitBody: RequestHandler = (request, response, next) => {
  if (Number(request.headers['content-length'] ?? 0) > longestForm)
    return void response.status(413).type('text').send(`A form may have ${longestForm} bytes at most.\n`)
  // Listening makes a body flow; without one nobody else listens.
  if (request.headers['transfer-encoding'] !== undefined) {
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > longestForm) request.destroy(new Error(`a form of more than ${longestForm} bytes was cut off`))
    })
  }
  next()
}
