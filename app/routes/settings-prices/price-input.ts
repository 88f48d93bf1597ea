import { z } from 'zod'
import { ownPriceInput } from '../../../db/own-prices.ts'
import { windows } from './shown.ts'

const rate = z
  .string()
  .trim()
  .transform((text, context) => {
    if (text === '') return null
    const value = Number(text)
    if (Number.isFinite(value) && value >= 0 && value <= 1_000_000) return value
    context.addIssue({ code: 'custom', message: 'Enter US dollars, from 0 to 1,000,000.' })
    return z.NEVER
  })

const moment = z
  .string()
  .trim()
  .transform((text, context) => {
    if (text === '') return null
    const at = new Date(/\dZ$/.test(text) ? text : `${text}Z`)
    if (at.getTime() > 0 && at.getUTCFullYear() < 2200) return at
    context.addIssue({ code: 'custom', message: 'Enter a date and time, or leave it empty.' })
    return z.NEVER
  })

/** A price as the form sends it; what is left empty is not said. */
export const priceForm = z
  .object({
    provider: z.string().trim().max(100, 'At most 100 characters.').default(''),
    model: z.string().trim().min(1, 'Name the model.').max(200, 'At most 200 characters.'),
    match: z.enum(['equals', 'starts_with', 'contains']).default('equals'),
    validFrom: moment.default(null),
    input: rate,
    output: rate,
    cacheRead: rate.default(null),
    cacheWrite: rate.default(null),
    cacheWrite1h: rate.default(null),
    inputAudio: rate.default(null),
    reasoning: rate.default(null),
    outputAudio: rate.default(null),
    perThousandRequests: rate.default(null),
  })
  .refine(form => form.input !== null || form.output !== null || form.perThousandRequests !== null, {
    path: ['input'],
    message: 'Give a price for input, for output or for requests.',
  })
  .pipe(ownPriceInput)

export const versionForm = z.object({ version: z.string().regex(/^own@\d{1,18}$/, 'There is no such price.') })
export const windowForm = z.object({
  days: z
    .string()
    .refine(text => windows.some(({ value }) => value === text), 'Choose a window.')
    .transform(Number),
})
