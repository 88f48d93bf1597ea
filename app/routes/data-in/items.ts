export const items = ['spans', 'logs', 'metrics', 'signals'] as const
export type Item = (typeof items)[number]

/** What the chart counts (`?item=`). */
export const readItem = (params: URLSearchParams): Item => items.find(item => item === params.get('item')) ?? 'spans'
