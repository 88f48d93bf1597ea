import { notFound } from '../../access.server.ts'

export function loader() {
  throw notFound('There is no page at this address.')
}

export default function NotFound() {
  return null
}
