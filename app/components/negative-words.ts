const words: Record<string, string> = {
  thumbs: 'Thumbs down',
  rating: 'Low rating',
  edit: 'Rewritten before use',
  regenerate: 'Asked again',
  abandon: 'Abandoned',
}

/** What a negative signal says where no words came with it. */
export const negativeWords = (kind: string): string => words[kind] ?? kind
