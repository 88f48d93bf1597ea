import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'

/** Bundles a page's module and what it imports from npm into one script, as an application's own build would. */
export async function bundle(source: string): Promise<string> {
  const folder = mkdtempSync(join(import.meta.dirname, 'bundle-'))
  const entry = join(folder, 'entry.ts')
  writeFileSync(entry, source)
  try {
    const made = await build({
      configFile: false,
      logLevel: 'silent',
      build: { write: false, minify: false, lib: { entry, formats: ['iife'], name: 'page' } },
    })
    const [output] = [made].flat()
    const chunk = output && 'output' in output ? output.output[0] : undefined
    if (!chunk) throw new Error('nothing was bundled')
    return chunk.code
  } finally {
    rmSync(folder, { recursive: true })
  }
}
