/** What `davylamp.js` gives a page, as `window.davylamp`. */
export type Davylamp = {
  /** Feedback on one answer, by its feedback token, or by a client key and the trace's id. */
  feedback(options: FeedbackOptions): Feedback
}

export type FeedbackOptions = {
  /** The `feedback_token` of a run: it opens nothing but feedback on that run's trace. */
  token?: string
  /** Without a token: a client key, and the trace that it is about. */
  clientKey?: string
  traceId?: string
  /** Where Davylamp is; without it, where this script came from. */
  url?: string
  userId?: string
  sessionId?: string
  /** Told when a signal was refused, or could not be sent after several tries. */
  onError?(error: { message: string; status?: number }): void
}

/** Each resolves to whether it was stored. Saying a thing again with another value corrects it. */
export type Feedback = {
  /** 1 good, -1 bad. */
  thumbs(value: 1 | -1, comment?: string): Promise<boolean>
  /** 0 to 1. */
  rating(value: number): Promise<boolean>
  comment(text: string): Promise<boolean>
  copied(): Promise<boolean>
  /** What was offered and what was made of it; only their distance is sent, not the texts. */
  edited(offered: string, accepted: string): Promise<boolean>
  accepted(): Promise<boolean>
  regenerated(): Promise<boolean>
  abandoned(): Promise<boolean>
  /** Something the user did with the answer: `sent`, `merged`, `booked`. */
  action(name: string): Promise<boolean>
  completed(value?: boolean): Promise<boolean>
  /**
   * Watches what is inside an element by its attributes: `data-davylamp="up"`, `down`, `copy`, `regenerate`, `accept` or
   * `action:NAME` on buttons, `answer` on the text whose copying counts, `draft` on a text field that is edited before it
   * is accepted. The answer stops it.
   */
  watch(root: Element): () => void
}

declare global {
  interface Window {
    davylamp: Davylamp
  }
}
