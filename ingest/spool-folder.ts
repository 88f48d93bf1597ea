import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Logger } from '../db/log.ts'
import { Journal } from './journal.ts'
import { Spool, type SpoolLimits } from './spool.ts'
import { spoolFileName, spoolFileNumber, spoolSuffix } from './spool-writer.ts'

/** Each process has two: its spool, and its journal. */
const mostFolders = 128

type Folder = { path: string; release(): void }

/** The journal of this process, beside its spool, or undefined, said once, where its folder cannot be used. */
export async function openJournal(root: string, log: Logger): Promise<Journal | undefined> {
  try {
    return await Journal.open(takeFolder(root))
  } catch (error) {
    log.warn(
      'the journal of ingest cannot be opened: under load, requests wait until ClickHouse has stored their spans',
      {
        folder: root,
        error,
      },
    )
    return undefined
  }
}

/** The spool of this process, or undefined, said once, where its folder cannot be used: then nothing is spooled. */
export async function openSpool(root: string, limits: SpoolLimits, log: Logger): Promise<Spool | undefined> {
  try {
    const { path, release } = takeSpoolFolder(root)
    return await Spool.open({ folder: path, limits, log, release })
  } catch (error) {
    log.warn('spans cannot be kept on disk while ClickHouse is down: set DATA_DIR to a folder that can be written', {
      folder: root,
      error,
    })
    return undefined
  }
}

/**
 * A folder for this process alone below `root`, with all that processes which are gone have left in theirs. The lock is
 * the operating system's, so a killed process holds none. Throws when no folder can be made or written.
 */
export function takeSpoolFolder(root: string): Folder {
  const folder = takeFolder(root)
  for (const other of readdirSync(root)) if (join(root, other) !== folder.path) adopt(join(root, other), folder.path)
  return folder
}

function takeFolder(root: string): Folder {
  mkdirSync(root, { recursive: true })
  for (let number = 0; number < mostFolders; number++) {
    const path = join(root, String(number))
    const lock = tryLock(path)
    if (lock) return { path, release: () => lock.close() }
  }
  throw new Error(`${mostFolders / 2} processes spool below ${root} already`)
}

function adopt(from: string, to: string) {
  if (spooled(from).length === 0) return
  const lock = tryLock(from)
  if (!lock) return
  let last = Math.max(0, ...spooled(to).map(spoolFileNumber))
  for (const name of spooled(from)) renameSync(join(from, name), join(to, spoolFileName(++last)))
  lock.close()
}

const spooled = (folder: string) =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter(name => name.endsWith(spoolSuffix))
        .sort()
    : []

function tryLock(folder: string): DatabaseSync | undefined {
  mkdirSync(folder, { recursive: true })
  const database = new DatabaseSync(join(folder, 'lock.sqlite'), { timeout: 0 })
  try {
    database.exec('pragma journal_mode = memory')
    database.exec('begin exclusive')
    return database
  } catch (error) {
    database.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === 5) return undefined
    throw error
  }
}
