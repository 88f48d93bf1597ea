import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Plugin } from 'vite'

const folder = import.meta.dirname

/** The browser snippet as one classic script without imports, for any page: `<script src=".../davylamp.js">`. */
async function bundle(): Promise<string> {
  const made = await build({
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    build: {
      write: false,
      target: 'es2020',
      lib: { entry: join(folder, 'davylamp.ts'), formats: ['iife'], name: 'davylampScript' },
    },
  })
  const [output] = [made].flat()
  if (!output || !('output' in output)) throw new Error('the browser snippet was not bundled')
  return output.output[0].code
}

/** Puts the snippet and its types beside the dashboard's assets; in development it is made when asked for. */
export function snippet(): Plugin {
  return {
    name: 'davylamp-snippet',
    configureServer({ middlewares }) {
      middlewares.use('/davylamp.js', (_request, response, next) => {
        bundle().then(code => response.setHeader('content-type', 'text/javascript').end(code), next)
      })
    },
    async generateBundle() {
      if (this.environment.name !== 'client') return
      this.emitFile({ type: 'asset', fileName: 'davylamp.js', source: await bundle() })
      this.emitFile({
        type: 'asset',
        fileName: 'davylamp.d.ts',
        source: await readFile(join(folder, 'types.ts'), 'utf8'),
      })
    },
  }
}
