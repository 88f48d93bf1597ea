/** Most spans that a trace's page reads; the trace's own count says how many there are. */
export const mostSpansShown = 50_000

/** What the tree needs to know of a span. */
export type TreeSpan = { spanId: string; parentSpanId: string; startNs: string; durationMs: number }

export type TreeNode<Span extends TreeSpan> = {
  id: string
  /** Null for the stand-in of a parent that has not come. */
  span: Span | null
  /** Why a node stands at the top though it is no root: its parent has not come, or the parents go in a circle. */
  note: '' | 'missing parent' | 'circle of parents'
  children: TreeNode<Span>[]
  /** From the trace's first start, in milliseconds; of a stand-in, that of its children together. */
  offsetMs: number
  durationMs: number
}

export type SpanTree<Span extends TreeSpan> = { roots: TreeNode<Span>[]; durationMs: number; spans: number }

/**
 * The tree of a trace's spans, in any order and with any clocks: a span given twice stands once, spans whose parent is
 * not there stand together under a stand-in, a circle of parents is cut at its earliest span, siblings go by start.
 */
export function buildSpanTree<Span extends TreeSpan>(spans: readonly Span[]): SpanTree<Span> {
  const starts = new Map(spans.map(span => [span.spanId, BigInt(span.startNs)]))
  const startNs = [...starts.values()].reduce(
    (least, start) => (start < least ? start : least),
    [...starts.values()][0] ?? 0n,
  )
  const nodes = new Map<string, TreeNode<Span>>()
  for (const span of spans) {
    if (nodes.has(span.spanId)) continue
    const offsetMs = Number(BigInt(span.startNs) - startNs) / 1e6
    nodes.set(span.spanId, { id: span.spanId, span, note: '', children: [], offsetMs, durationMs: span.durationMs })
  }
  const standIns = new Map<string, TreeNode<Span>>()
  const roots: TreeNode<Span>[] = []
  for (const node of nodes.values()) {
    const parentId = node.span!.parentSpanId
    if (parentId === '') roots.push(node)
    else if (nodes.has(parentId)) nodes.get(parentId)!.children.push(node)
    else standIn(standIns, parentId).children.push(node)
  }
  roots.push(...standIns.values())
  roots.push(...cutCircles(nodes, roots))
  for (const node of standIns.values()) coverChildren(node)
  for (const node of [...nodes.values(), ...standIns.values()]) node.children.sort(byStart)
  roots.sort(byStart)
  const durationMs = [...nodes.values()].reduce((most, node) => Math.max(most, node.offsetMs + node.durationMs), 0)
  return { roots, durationMs, spans: nodes.size }
}

export type TreeRow<Span extends TreeSpan> = {
  node: TreeNode<Span>
  depth: number
  parentId: string | null
  open: boolean
}

/** The rows to show, top down, leaving out what lies under the collapsed nodes. */
export function treeRows<Span extends TreeSpan>(tree: SpanTree<Span>, collapsed: ReadonlySet<string>): TreeRow<Span>[] {
  const rows: TreeRow<Span>[] = []
  const stack = tree.roots.toReversed().map(node => ({ node, depth: 0, parentId: null as string | null }))
  while (stack.length > 0) {
    const next = stack.pop()!
    const open = next.node.children.length > 0 && !collapsed.has(next.node.id)
    rows.push({ ...next, open })
    if (!open) continue
    for (const child of next.node.children.toReversed()) {
      stack.push({ node: child, depth: next.depth + 1, parentId: next.node.id })
    }
  }
  return rows
}

function standIn<Span extends TreeSpan>(standIns: Map<string, TreeNode<Span>>, parentId: string): TreeNode<Span> {
  const known = standIns.get(parentId)
  if (known) return known
  const node: TreeNode<Span> = {
    id: `missing-${parentId}`,
    span: null,
    note: 'missing parent',
    children: [],
    offsetMs: 0,
    durationMs: 0,
  }
  standIns.set(parentId, node)
  return node
}

/** Nodes that no root reaches are part of, or hang on, a circle: each circle is cut where it began. */
function cutCircles<Span extends TreeSpan>(nodes: Map<string, TreeNode<Span>>, roots: TreeNode<Span>[]) {
  const reached = new Set<string>()
  const reach = (from: TreeNode<Span>) => {
    const stack = [from]
    while (stack.length > 0) {
      const node = stack.pop()!
      if (reached.has(node.id)) continue
      reached.add(node.id)
      stack.push(...node.children)
    }
  }
  for (const root of roots) reach(root)
  const tops: TreeNode<Span>[] = []
  for (const node of nodes.values()) {
    if (reached.has(node.id)) continue
    const top = earliest(circleAbove(nodes, node))
    const parent = nodes.get(top.span!.parentSpanId)!
    parent.children = parent.children.filter(child => child !== top)
    top.note = 'circle of parents'
    tops.push(top)
    reach(top)
  }
  return tops
}

/** Follows the parents of an unreached node until one comes again: those from there on are the circle. */
function circleAbove<Span extends TreeSpan>(nodes: Map<string, TreeNode<Span>>, node: TreeNode<Span>) {
  const path: TreeNode<Span>[] = []
  const seen = new Set<string>()
  let at = node
  while (!seen.has(at.id)) {
    seen.add(at.id)
    path.push(at)
    at = nodes.get(at.span!.parentSpanId)!
  }
  return path.slice(path.indexOf(at))
}

function coverChildren<Span extends TreeSpan>(node: TreeNode<Span>) {
  const ends = node.children.map(child => child.offsetMs + child.durationMs)
  node.offsetMs = earliest(node.children).offsetMs
  node.durationMs = ends.reduce((most, end) => Math.max(most, end), 0) - node.offsetMs
}

function earliest<Span extends TreeSpan>(nodes: TreeNode<Span>[]): TreeNode<Span> {
  return nodes.reduce((least, node) => (byStart(node, least) < 0 ? node : least))
}

const byStart = (a: TreeNode<TreeSpan>, b: TreeNode<TreeSpan>) => a.offsetMs - b.offsetMs || (a.id < b.id ? -1 : 1)
