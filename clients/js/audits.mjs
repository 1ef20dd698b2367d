import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serverAudits } from 'graphql-http'
import { overHTTP, preflighted, url } from './gateway.mjs'

const fetchFn = (to, init = {}) => fetch(to, { ...init, headers: { ...preflighted, ...init.headers } })

for (const audit of serverAudits({ url, fetchFn })) {
  test(`${audit.id} ${audit.name}`, async () => {
    const { status, reason, response } = await audit.fn()
    if (status !== 'ok') assert.fail(`${reason}: ${await overHTTP(response)}`)
  })
}
