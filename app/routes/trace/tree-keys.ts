import type { TreeRow, TreeSpan } from '../../../db/domain/span-tree.ts'

/** What a key does in the tree: which row to go to, which node to open or close; undefined when it is not its key. */
export function moveInTree<Span extends TreeSpan>(
  rows: TreeRow<Span>[],
  at: number,
  key: string,
): { to?: number; toggle?: string } | undefined {
  const row = rows[at]
  const last = rows.length - 1
  const go = (to: number) => ({ to: Math.max(0, Math.min(to, last)) })
  if (last < 0) return undefined
  if (key === 'ArrowDown' || key === 'j') return go(at + 1)
  if (key === 'ArrowUp' || key === 'k') return go(at - 1)
  if (key === 'PageDown') return go(at + 20)
  if (key === 'PageUp') return go(at - 20)
  if (key === 'Home') return go(0)
  if (key === 'End') return go(last)
  if (!row) return undefined
  const parent = () => rows.findIndex(other => other.node.id === row.parentId)
  if (key === 'ArrowRight' || key === 'l') {
    if (row.node.children.length === 0) return {}
    return row.open ? go(at + 1) : { toggle: row.node.id }
  }
  if (key === 'ArrowLeft' || key === 'h') {
    if (row.open) return { toggle: row.node.id }
    return row.parentId === null ? {} : go(parent())
  }
  if (key === 'Enter' || key === ' ') return row.node.children.length > 0 ? { toggle: row.node.id } : {}
  return undefined
}
