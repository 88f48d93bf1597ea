const by = id => document.getElementById(id)
let unwatch = () => {}

async function ask() {
  by('told').textContent = 'Asking ...'
  const body = JSON.stringify({ question: by('question').value })
  const answered = await fetch('/ask', { method: 'POST', body })
  const { text, token, error } = await answered.json()
  by('told').textContent = error ?? ''
  if (error) return
  by('text').textContent = text
  by('draft').value = text
  by('answer').hidden = false
  for (const button of document.querySelectorAll('[aria-pressed]')) button.removeAttribute('aria-pressed')

  // All it takes: the answer's token, and the element whose marked parts are watched.
  unwatch()
  const feedback = davylamp.feedback({ token, onError: ({ message }) => (by('told').textContent = message) })
  unwatch = feedback.watch(by('answer'))
}

by('ask').addEventListener('submit', event => {
  event.preventDefault()
  ask()
})
by('again').addEventListener('click', ask)
by('copy').addEventListener('click', () => navigator.clipboard?.writeText(by('text').textContent).catch(() => {}))
