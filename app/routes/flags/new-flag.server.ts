import { randomBytes } from 'node:crypto'

type Asked = { type: 'workflow' | 'boolean' | 'string' | 'number' | 'object'; key: string; description: string }

const firstVariants = {
  boolean: { on: true, off: false },
  string: { a: 'a', b: 'b' },
  number: { a: 1, b: 2 },
  object: { a: {}, b: {} },
}

/** A flag that changes nothing: a workflow's serves its control, a value is off. */
export function newFlag({ type, key, description }: Asked) {
  const salt = randomBytes(6).toString('hex')
  if (type === 'workflow') return { kind: 'workflow', key, description, salt }
  const variants = firstVariants[type]
  const [first = '', second = ''] = Object.keys(variants)
  return { kind: 'value', key, description, salt, type, variants, offVariant: second, otherwise: { variant: first } }
}
