import type { AddressInfo, Server } from 'node:net'

/**
 * Listens and answers the port (0 asks for a free one). `setting` is the variable that names the port, for the one
 * sentence that a taken or forbidden port gives.
 */
export async function listen(server: Server, at: { port: number; host: string; setting: string }): Promise<number> {
  const { port, host } = at
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => reject(new Error(refusal(error, at), { cause: error }))
    server.once('error', refuse)
    server.listen(port, host, () => {
      server.off('error', refuse)
      resolve()
    })
  })
  return (server.address() as AddressInfo).port
}

function refusal({ code, message }: NodeJS.ErrnoException, { port, host, setting }: Parameters<typeof listen>[1]) {
  if (code === 'EADDRINUSE') return `port ${port} is in use: stop what listens there or set ${setting}`
  if (code === 'EACCES') return `port ${port} may not be used by this account: set ${setting} to one above 1023`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `cannot listen on ${host}: set HOST to an address of this machine`
  return `cannot listen on ${host}:${port} (${setting}): ${message}`
}
