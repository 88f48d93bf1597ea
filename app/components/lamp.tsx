/** The mark: a miner's lamp. */
export function Lamp({ size = 20 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" aria-hidden="true">
      <path d="M8 6a4 4 0 0 1 8 0" stroke="currentColor" strokeWidth="1.6" />
      <path
        d="M6.5 7.5h11M6.5 20.5h11M8 7.5v13M16 7.5v13"
        stroke="currentColor"
        strokeWidth="1.6"
        strokeLinecap="round"
      />
      <path
        d="M12 10.5c1.700 1.800 2.300 2.900 2.300 4a2.300 2.300 0 0 1-4.600 0c0-1.100.6-2.200 2.300-4z"
        fill="var(--accent)"
      />
    </svg>
  )
}
