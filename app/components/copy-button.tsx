import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button, IconButton } from './button.tsx'

/** Puts a text on the clipboard. True when it got there: pages without https may not write it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copyBySelection(text)
  }
}

function copyBySelection(text: string) {
  const area = document.createElement('textarea')
  area.value = text
  area.style.position = 'fixed'
  area.style.opacity = '0'
  document.body.append(area)
  area.select()
  const copied = document.execCommand('copy')
  area.remove()
  return copied
}

/** With `children` a button with words, else an icon. Says "Copied" for 1.5 s, also to screen readers. */
export function CopyButton({
  text,
  label = 'Copy',
  children,
  size = 'sm',
  onCopied,
}: {
  text: string | (() => string)
  label?: string
  children?: string
  size?: 'sm' | 'md'
  onCopied?: () => void
}) {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle')
  useEffect(() => {
    if (state === 'idle') return
    const timer = setTimeout(() => setState('idle'), 1500)
    return () => clearTimeout(timer)
  }, [state])
  const copy = async () => {
    const copied = await copyText(typeof text === 'function' ? text() : text)
    setState(copied ? 'copied' : 'failed')
    if (copied) onCopied?.()
  }
  const words = { idle: children ?? label, copied: 'Copied', failed: 'Cannot copy' }[state]
  const icon = state === 'copied' ? Check : Copy
  return (
    <>
      {children ? (
        <Button icon={icon} size={size} onClick={copy}>
          {words}
        </Button>
      ) : (
        <IconButton icon={icon} size={size} label={words} onClick={copy} />
      )}
      <span role="status" className="sr-only">
        {state === 'idle' ? '' : words}
      </span>
    </>
  )
}
