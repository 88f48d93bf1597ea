type When = 'finish' | 'stop'

const choices: { value: When; label: string; hint: string }[] = [
  {
    value: 'stop',
    label: 'Stop model calls now',
    hint: 'Runs at work are answered by the deterministic path, in the same run.',
  },
  {
    value: 'finish',
    label: 'Let runs finish',
    hint: 'Runs that have begun end with their model; none begins with one.',
  },
]

/** What becomes of runs at work when AI is switched off. */
export function WhenOff({ value, onChange }: { value: When; onChange: (value: When) => void }) {
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1 font-medium text-sm">Runs at work</legend>
      {choices.map(choice => (
        <label key={choice.value} className="flex items-start gap-2">
          <input
            type="radio"
            name="whenOff"
            value={choice.value}
            checked={value === choice.value}
            onChange={() => onChange(choice.value)}
            className="mt-0.5 accent-[var(--accent)]"
          />
          <span>
            {choice.label}
            <span className="block text-muted text-sm">{choice.hint}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}
