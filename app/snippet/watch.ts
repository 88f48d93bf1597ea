import type { Feedback } from './types.ts'

const mark = 'data-davylamp'
type Field = HTMLTextAreaElement | HTMLInputElement

/** Turns what people do inside an element into signals, by the elements' marks; listens on the element alone. */
export function watch(root: Element, feedback: Feedback): () => void {
  const offered = new Map<Field, string>()
  for (const draft of root.querySelectorAll(`[${mark}="draft"]`)) offer(draft)

  /** What a draft held before anybody could edit it; one that is added later is met when it is entered. */
  function offer(draft: EventTarget | null) {
    if (isField(draft) && draft.getAttribute(mark) === 'draft' && !offered.has(draft)) offered.set(draft, draft.value)
  }
  const enter = ({ target }: Event) => offer(target)

  function click({ target }: Event) {
    const button = target instanceof Element ? target.closest(`[${mark}]`) : null
    const said = button?.getAttribute(mark) ?? ''
    const act = acts[said]
    if (button && act) act(button)
    else if (said.startsWith('action:')) void feedback.action(said.slice('action:'.length))
  }

  const acts: Record<string, (button: Element) => void> = {
    up: button => vote(button, 1),
    down: button => vote(button, -1),
    copy: () => void feedback.copied(),
    regenerate: () => void feedback.regenerated(),
    accept: () => {
      for (const [draft, before] of offered) if (draft.value !== before) void feedback.edited(before, draft.value)
      void feedback.accepted()
    },
  }

  function vote(button: Element, value: 1 | -1) {
    for (const other of root.querySelectorAll(`[${mark}="up"], [${mark}="down"]`))
      other.setAttribute('aria-pressed', String(other === button))
    void feedback.thumbs(value).then(stored => {
      if (!stored) button.setAttribute('aria-pressed', 'false')
    })
  }

  function copy({ target }: Event) {
    const node = target instanceof Element ? target : (target as Node | null)?.parentElement
    const selection = String(getSelection() ?? '')
    if (node?.closest(`[${mark}="answer"], [${mark}="draft"]`) && (selection || isField(node))) void feedback.copied()
  }

  root.addEventListener('click', click)
  root.addEventListener('copy', copy)
  root.addEventListener('focusin', enter)
  return () => {
    root.removeEventListener('click', click)
    root.removeEventListener('copy', copy)
    root.removeEventListener('focusin', enter)
  }
}

const isField = (node: unknown): node is Field =>
  node instanceof HTMLTextAreaElement || node instanceof HTMLInputElement
