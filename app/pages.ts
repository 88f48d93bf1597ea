import { existsSync } from 'node:fs'
import type { Server } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ServerBuild } from '@remix-run/node'
import express, { Router } from 'express'

export type Pages = {
  assets: Router
  build: ServerBuild | (() => Promise<ServerBuild>)
  mode: 'production' | 'development'
  close(): Promise<void>
}

const root = join(import.meta.dirname, '..')

/** The dashboard's pages: the build, or the sources through Vite. */
export const openPages = (server: Server, dev: boolean): Promise<Pages> => (dev ? openSources(server) : openBuild())

async function openBuild(): Promise<Pages> {
  const entry = join(root, 'build/server/index.js')
  if (!existsSync(entry)) throw new Error('the dashboard is not built: run npm run build')
  const client = join(root, 'build/client')
  const assets = Router()
    .use('/assets', express.static(join(client, 'assets'), { immutable: true, maxAge: '1y', fallthrough: false }))
    .use(express.static(client, { maxAge: '1h', index: false }))
  const build: ServerBuild = await import(pathToFileURL(entry).href)
  return { assets, build, mode: 'production', close: async () => {} }
}

async function openSources(server: Server): Promise<Pages> {
  const { createServer } = await import('vite')
  const vite = await createServer({
    root,
    configFile: join(root, 'vite.config.ts'),
    server: { middlewareMode: true, hmr: { server } },
  })
  return {
    assets: Router().use(vite.middlewares),
    build: () => vite.ssrLoadModule('virtual:remix/server-build') as Promise<ServerBuild>,
    mode: 'development',
    close: () => vite.close(),
  }
}
