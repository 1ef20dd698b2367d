import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client, fetchExchange } from '@urql/core'
import { cacheExchange } from '@urql/exchange-graphcache'
import { relayPagination } from '@urql/exchange-graphcache/extras'
import { buildSchema, introspectionFromSchema, isObjectType } from 'graphql'
import * as documents from './documents.mjs'
import { assertWhole, preflighted, recorder, url, whileDown } from './gateway.mjs'

const { account, both, cancel, one, page } = documents

const schema = buildSchema(await (await fetch(`${process.env.GATEWAY}/schema.graphqls`)).text())

/** The types without an id are kept within what holds them. */
const keys = Object.fromEntries(
  Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !type.getFields().id)
    .map(({ name }) => [name, () => null])
)

function connect({ storage, ...options } = {}) {
  const wire = recorder()
  const complaints = []
  const client = new Client({
    url,
    preferGetMethod: false,
    fetch: wire.fetch,
    fetchOptions: { headers: { 'GraphQL-Client-Name': 'urql-test', 'GraphQL-Client-Version': '1.2.3' } },
    exchanges: [
      cacheExchange({
        schema: introspectionFromSchema(schema),
        keys,
        resolvers: { Query: { subscriptions: relayPagination() } },
        logger: (severity, message) => complaints.push(`${severity}: ${message}`),
        storage
      }),
      fetchExchange
    ],
    ...options
  })
  return { client, wire, complaints }
}

// Comes first, while the gateway has nothing in its cache to answer with.
test('what answers is kept beside the error of what does not', async () => {
  const { client } = connect()
  const { data, error } = await whileDown('psa', () => client.query(both, {}))
  assert.equal(data.focus.id, 'subscription/focus/4720')
  assert.equal(data.psa, null)
  assert.deepEqual(error.graphQLErrors.map(({ path, extensions }) => [path, extensions.code]), [[['psa'], 'SOURCE_UNAVAILABLE']])
})

test('an account is read with its subscriptions', async () => {
  const { client, complaints } = connect()
  const { data, error } = await client.query(account, { id: 'account/acme' })
  assert.equal(error, undefined)
  assert.equal(data.account.name, 'Acme')
  assert.equal(data.account.subscriptions.nodes.length, 4)
  assert.deepEqual(complaints, [])
})

test('a client that would take an event stream as well is answered in plain JSON', async () => {
  const { client, wire } = connect()
  await client.query(account, { id: 'account/acme' })
  const { method, headers, status, media } = wire.last()
  assert.deepEqual({ method, status }, { method: 'POST', status: 200 })
  assert.deepEqual(headers, {
    accept: 'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed',
    'content-type': 'application/json',
    'graphql-client-name': 'urql-test',
    'graphql-client-version': '1.2.3'
  })
  assert.match(media, /^application\/graphql-response\+json\b/)
})

test('by its own default it asks by GET, which needs a header that a browser asks for first', async () => {
  for (const [headers, taken] of [[undefined, false], [preflighted, true]]) {
    const { client, wire } = connect({ preferGetMethod: undefined, fetchOptions: { headers } })
    const { data, error } = await client.query(one, { id: 'subscription/focus/4711' })
    assert.equal(wire.last().method, 'GET')
    assert.equal(Boolean(data?.subscription), taken, `${wire.last().status} with ${JSON.stringify(headers)}`)
    assert.equal(error?.graphQLErrors[0].extensions.code, taken ? undefined : 'FORBIDDEN')
  }
})

test('pages are joined to one list', async () => {
  const { client } = connect()
  let list = { pageInfo: { hasNextPage: true, endCursor: null } }
  while (list.pageInfo.hasNextPage) {
    const { data } = await client.query(page, { first: 20, after: list.pageInfo.endCursor })
    list = data.subscriptions
  }
  assertWhole(list.edges.map(({ node }) => node.id), list.totalCount)
})

test('what has an id is kept once, by type and id', async () => {
  const written = new Promise((resolve) => {
    const writeData = async (fields) => Object.keys(fields).length > 0 && resolve(Object.keys(fields))
    const { client } = connect({ storage: { readData: async () => ({}), writeData } })
    client.query(account, { id: 'account/acme' }).toPromise()
  })
  const entities = new Set((await written).map((field) => field.match(/^(\w+):[^%.]+\./)?.[1]).filter(Boolean))
  assert.deepEqual([...entities].sort(), ['Account', 'Plan', 'Source', 'Subscription'])
})

test('the answer of a mutation is seen by who watches the subscription', async () => {
  const { client } = connect()
  const id = 'subscription/psa/682'
  const seen = []
  const { unsubscribe } = client.query(one, { id }).subscribe(({ data }) => seen.push(data.subscription.cancellation?.atPeriodEnd))
  await client.query(one, { id })
  const { data } = await client.mutation(cancel, { input: { id } })
  unsubscribe()
  assert.deepEqual(data.cancelSubscription.userErrors, [])
  assert.deepEqual(seen, [undefined, true])
})

test('what the caller can mend is in userErrors', async () => {
  const { client } = connect()
  const { data } = await client.mutation(cancel, { input: { id: 'subscription/focus/4711' } })
  assert.equal(data.cancelSubscription.subscription, null)
  assert.deepEqual(data.cancelSubscription.userErrors.map(({ code }) => code), ['NOT_SUPPORTED'])
})

test('a malformed id is an error with its code', async () => {
  const { client } = connect()
  const { error } = await client.query(one, { id: 'nonsense' })
  assert.equal(error.networkError, undefined)
  assert.equal(error.graphQLErrors[0].extensions.code, 'BAD_USER_INPUT')
})

test('a document that does not validate is told as errors, not as a failed request', async () => {
  const { client, wire } = connect({ exchanges: [fetchExchange] })
  const { error } = await client.query('{ nothing }', {})
  assert.equal(wire.last().status, 400)
  assert.equal(error.networkError, undefined)
  assert.equal(error.graphQLErrors[0].extensions.code, 'BAD_USER_INPUT')
})
