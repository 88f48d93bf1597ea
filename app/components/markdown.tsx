import ReactMarkdown, { type Components } from 'react-markdown'
import remarkGfm from 'remark-gfm'
import { classes } from './classes.ts'

const components: Components = {
  a: ({ node, children, ...rest }) => (
    <a {...rest} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  ),
  // A picture's address would tell a stranger who reads this trace, and when: show its words instead.
  img: ({ alt, src }) => <span className="text-muted">[image: {alt || String(src ?? '')}]</span>,
}

/** Renders Markdown that a model or user wrote. HTML in it is shown as text; there are no scripts, no remote pictures. */
export function Markdown({ text, className }: { text: string; className?: string }) {
  return (
    <div className={classes('prose', className)}>
      <ReactMarkdown remarkPlugins={[remarkGfm]} components={components}>
        {text}
      </ReactMarkdown>
    </div>
  )
}
