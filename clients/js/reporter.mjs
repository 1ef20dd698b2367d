// Writes a line of JSON for each test that has ended.
import { inspect } from 'node:util'

export default async function* (events) {
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue
    const { name, skip, todo, details } = data
    const cause = details.error?.cause ?? details.error
    const fault = type === 'test:fail' ? (cause.stack ?? inspect(cause)) : ''
    yield JSON.stringify({ name, fault, skipped: skip !== undefined || todo !== undefined }) + '\n'
  }
}
