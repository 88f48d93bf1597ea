import { z } from 'zod'

// Names that OpenTelemetry has under feature_flag itself: a flag called so could not be told from them on a span.
const reserved = /^(key|variant|version|provider_name)$|^(provider|result|context|set|error|evaluation)\./

/** The key of a flag or segment. No slash, since keys stand in paths; no `=`, since traces are filtered by key=variant. */
export const itemKey = z
  .string('must be given')
  .regex(/^[A-Za-z0-9_-][\w.:@-]{0,99}$/, 'must be 1 to 100 letters, digits and . _ : @ -')
  .refine(key => !reserved.test(key), 'is a name that OpenTelemetry uses itself')

/** The name of a variant. */
export const variantName = z
  .string()
  .regex(/^[\w.:@ -]{1,100}$/, 'must be 1 to 100 letters, digits, spaces and . _ : @ -')
