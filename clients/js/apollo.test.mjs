import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client'
import { relayStylePagination } from '@apollo/client/utilities'
import { filter, firstValueFrom } from 'rxjs'
import * as documents from './documents.mjs'
import { assertWhole, recorder, url, whileDown } from './gateway.mjs'

const [account, both, cancel, one, page] = ['account', 'both', 'cancel', 'one', 'page'].map((name) => gql(documents[name]))

function connect(options = {}) {
  const wire = recorder()
  const cache = new InMemoryCache({ typePolicies: { Query: { fields: { subscriptions: relayStylePagination() } } } })
  const client = new ApolloClient({
    cache,
    link: new HttpLink({ uri: url, fetch: wire.fetch, ...options }),
    clientAwareness: { name: 'apollo-test', version: '1.2.3' }
  })
  return { client, cache, wire }
}

/** The first result of a watched query. */
const settled = (watched) => firstValueFrom(watched.pipe(filter(({ loading }) => !loading)))

// Comes first, while the gateway has nothing in its cache to answer with.
test('what answers is kept beside the error of what does not', async () => {
  const { client } = connect()
  const { data, error } = await whileDown('psa', () => client.query({ query: both, errorPolicy: 'all' }))
  assert.equal(data.focus.id, 'subscription/focus/4720')
  assert.equal(data.psa, null)
  assert.deepEqual(error.errors.map(({ path, extensions }) => [path, extensions.code]), [[['psa'], 'SOURCE_UNAVAILABLE']])
})

test('an account is read with its subscriptions', async () => {
  const { client } = connect()
  const { data } = await client.query({ query: account, variables: { id: 'account/acme' } })
  assert.equal(data.account.name, 'Acme')
  assert.deepEqual(data.account.subscriptions.nodes.map(({ source }) => source.name).sort(), ['billing', 'focus', 'psa', 'teams'])
})

test('name and version go in headers, the library in extensions', async () => {
  const { client, wire } = connect()
  await client.query({ query: account, variables: { id: 'account/acme' } })
  const { method, headers, body, status, media } = wire.last()
  assert.deepEqual({ method, status }, { method: 'POST', status: 200 })
  assert.deepEqual(headers, {
    accept: 'application/graphql-response+json,application/json;q=0.9',
    'content-type': 'application/json',
    'apollographql-client-name': 'apollo-test',
    'apollographql-client-version': '1.2.3'
  })
  assert.deepEqual(body.extensions, { clientLibrary: { name: '@apollo/client', version: '4.3.8' } })
  assert.match(media, /^application\/graphql-response\+json\b/)
})

test('a query goes by GET too, with a content type that makes a browser ask first', async () => {
  const { client, wire } = connect({ useGETForQueries: true })
  await client.query({ query: one, variables: { id: 'subscription/focus/4711' } })
  const { method, headers, status } = wire.last()
  assert.deepEqual({ method, status, type: headers['content-type'] }, { method: 'GET', status: 200, type: 'application/json' })
})

test('fetchMore goes through all pages', async () => {
  const { client, cache, wire } = connect()
  const watched = client.watchQuery({ query: page, variables: { first: 20 } })
  const following = watched.subscribe({})
  let { data } = await settled(watched)
  while (data.subscriptions.pageInfo.hasNextPage) {
    const { endCursor: after } = data.subscriptions.pageInfo
    data = (await watched.fetchMore({ variables: { after } })).data
  }
  following.unsubscribe()
  const list = cache.readQuery({ query: page }).subscriptions
  assertWhole(list.edges.map(({ node }) => node.id), list.totalCount)
  assert.equal(wire.sent.length, Math.ceil(list.totalCount / 20))
})

test('what has an id is kept once, by type and id', async () => {
  const { client, cache } = connect()
  await client.query({ query: account, variables: { id: 'account/acme' } })
  const kept = cache.extract()
  const types = Object.keys(kept).map((key) => key.split(':')[0])
  assert.deepEqual([...new Set(types)].sort(), ['Account', 'Plan', 'ROOT_QUERY', 'Source', 'Subscription'])
  assert.deepEqual(kept['Subscription:subscription/psa/682'].source, { __ref: 'Source:source/psa' })
  assert.equal(kept['Subscription:subscription/psa/682'].price.amount.__typename, 'Money')
})

test('the answer of a mutation is seen by who watches the subscription', async () => {
  const { client, cache } = connect()
  const id = 'subscription/psa/682'
  const watched = client.watchQuery({ query: one, variables: { id } })
  const seen = []
  const following = watched.subscribe(({ data }) => data?.subscription && seen.push(data.subscription.cancellation))
  await settled(watched)
  const { data } = await client.mutate({ mutation: cancel, variables: { input: { id } } })
  following.unsubscribe()
  assert.deepEqual(data.cancelSubscription.userErrors, [])
  assert.equal(cache.extract()[`Subscription:${id}`].cancellation.atPeriodEnd, true)
  assert.deepEqual(seen.map((cancellation) => cancellation?.atPeriodEnd), [undefined, true])
})

test('what the caller can mend is in userErrors', async () => {
  const { client } = connect()
  const { data } = await client.mutate({ mutation: cancel, variables: { input: { id: 'subscription/focus/4711' } } })
  assert.equal(data.cancelSubscription.subscription, null)
  assert.deepEqual(data.cancelSubscription.userErrors.map(({ code }) => code), ['NOT_SUPPORTED'])
})

test('a malformed id is an error with its code', async () => {
  const { client } = connect()
  await assert.rejects(client.query({ query: one, variables: { id: 'nonsense' } }), (error) => {
    assert.ok(CombinedGraphQLErrors.is(error), error)
    assert.equal(error.errors[0].extensions.code, 'BAD_USER_INPUT')
    return true
  })
})

test('a document that does not validate is told as errors, not as a failed request', async () => {
  const { client, wire } = connect()
  await assert.rejects(client.query({ query: gql`{ nothing }` }), CombinedGraphQLErrors.is)
  assert.equal(wire.last().status, 400)
})
