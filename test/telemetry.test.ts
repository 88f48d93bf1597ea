import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { startProduct, temporaryDir } from './setup/product.ts'

it('sends spans of its own work to the endpoint of OTEL_EXPORTER_OTLP_ENDPOINT, with its headers, and the last at stop', async () => {
  const got: { url: string | undefined; key: string | undefined; body: string }[] = []
  const collector = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString('latin1')
    got.push({ url: request.url, key: request.headers['x-key'] as string | undefined, body })
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
  })
  await new Promise<void>(resolve => collector.listen(0, '127.0.0.1', resolve))
  const folder = temporaryDir()
  const product = await startProduct({
    dataDir: folder.path,
    roles: ['alerts'],
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key=secret',
      OTEL_SERVICE_NAME: 'lamp-7',
    },
  })
  try {
    await product.until(/alerts is ready/)
    await product.stop()
    expect(got.map(({ url }) => url)).toContain('/v1/traces')
    expect(got.every(({ key }) => key === 'secret')).toBe(true)
    const bodies = got.map(({ body }) => body).join()
    for (const part of ['lamp-7', 'apply migration', '0001_spans.sql']) expect(bodies).toContain(part)
  } finally {
    await product.stop('SIGKILL')
    collector.close()
    folder.remove()
  }
})
