import { z } from 'zod'

const property = z.object({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  title: z.string().optional(),
  description: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  default: z.unknown().optional(),
  maxLength: z.number().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
})

const objectSchema = z.object({
  properties: z.record(z.string(), property).default({}),
  required: z.array(z.string()).default([]),
})

export type FormField = {
  name: string
  label: string
  hint?: string
  kind: 'text' | 'long' | 'number' | 'switch' | 'choice' | 'json'
  required: boolean
  choices?: string[]
  initial?: unknown
  min?: number
  max?: number
}

/** The fields of a workflow's input, from its JSON Schema; what has no control of its own is typed as JSON. */
export function fieldsOf(schema: unknown): FormField[] {
  const parsed = objectSchema.safeParse(schema)
  if (!parsed.success) return []
  const { properties, required } = parsed.data
  return Object.entries(properties).map(([name, it]) => ({
    name,
    label: it.title ?? words(name),
    hint: it.description,
    kind: kindOf(it),
    required: required.includes(name) && it.default === undefined,
    choices: it.enum?.map(String),
    initial: it.default,
    min: it.minimum,
    max: it.maximum,
  }))
}

function kindOf({ type, enum: choices, maxLength }: z.infer<typeof property>): FormField['kind'] {
  const name = Array.isArray(type) ? type.find(other => other !== 'null') : type
  if (choices?.every(choice => typeof choice === 'string')) return 'choice'
  if (name === 'string') return maxLength !== undefined && maxLength <= 120 ? 'text' : 'long'
  if (name === 'boolean') return 'switch'
  if (name === 'number' || name === 'integer') return 'number'
  return 'json'
}

export type InputFault = { field: string; message: string }

/** The workflow's input from a filled form. An empty optional field is left out. */
export function inputOf(fields: FormField[], form: FormData): { input: Record<string, unknown> } | InputFault {
  const input: Record<string, unknown> = {}
  for (const { name, kind, label, required } of fields) {
    const text = String(form.get(name) ?? '')
    if (kind === 'switch') input[name] = text === 'on'
    else if (text.trim() === '') {
      if (required) return { field: name, message: `${label} is needed.` }
    } else if (kind === 'number') input[name] = Number(text)
    else if (kind === 'json') {
      const value = parseJson(text)
      if (!value) return { field: name, message: `${label} must be JSON.` }
      input[name] = value.json
    } else input[name] = text
  }
  return { input }
}

function parseJson(text: string): { json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) }
  } catch {
    return undefined
  }
}

const words = (name: string) => {
  const spaced = name
    .replace(/[_-]+/g, ' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}
