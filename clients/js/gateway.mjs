// What the tests share: where the gateway is, how its sandbox is steered, what
// was sent to it.
import assert from 'node:assert/strict'

export const url = `${process.env.GATEWAY}/graphql`

/** A header that a browser does not send to another origin unasked. */
export const preflighted = { 'GraphQL-Require-Preflight': '1' }

/** An answer as text, for messages. */
export async function overHTTP(response) {
  const text = response.bodyUsed ? '' : await response.text()
  return `${response.status} ${response.headers.get('content-type')} ${text}`
}

/** A fetch that keeps what it sent and what came back. */
export function recorder() {
  const sent = []
  const recorded = async (to, init = {}) => {
    const headers = Object.fromEntries(new Headers(init.headers))
    const response = await fetch(to, init)
    sent.push({
      method: init.method ?? 'GET',
      url: new URL(to),
      headers,
      body: typeof init.body === 'string' ? JSON.parse(init.body) : undefined,
      status: response.status,
      media: response.headers.get('content-type')
    })
    return response
  }
  return { fetch: recorded, sent, last: () => sent.at(-1) }
}

/** Runs something while a source of the sandbox is down. */
export async function whileDown(source, run) {
  const faults = `${process.env.GATEWAY}/_sandbox/faults`
  const set = await fetch(faults, { method: 'POST', body: JSON.stringify({ source, status: 503 }) })
  assert.ok(set.ok, await overHTTP(set))
  try {
    return await run()
  } finally {
    await fetch(`${faults}?source=${source}`, { method: 'DELETE' })
  }
}

/** Holds that ids are all of a list, each once. */
export function assertWhole(ids, totalCount) {
  assert.equal(new Set(ids).size, ids.length, 'a row comes twice')
  assert.equal(ids.length, totalCount, 'rows are missing')
}

/** The answer to a request that no client writes. */
export async function ask(request) {
  const headers = { 'content-type': 'application/json' }
  return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(request) })).json()
}

/** Holds that a request is answered with an error alone. */
export async function assertRefused(request) {
  const { data, errors } = await ask(request)
  assert.equal(data, undefined)
  assert.equal(errors.length, 1)
  assert.ok(errors[0].extensions.code)
}
