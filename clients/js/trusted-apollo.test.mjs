import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { createPersistedQueryManifestVerificationLink, generatePersistedQueryIdsFromManifest } from '@apollo/persisted-query-lists'
import { Client, fetchExchange } from '@urql/core'
import { persistedExchange } from '@urql/exchange-persisted'
import * as documents from './documents.mjs'
import { ask, assertRefused, recorder, url } from './gateway.mjs'

const manifest = JSON.parse(readFileSync(`${process.env.ARTIFACTS}/apollo.json`, 'utf8'))
const loadManifest = () => manifest
const idOf = (name) => manifest.operations.find((operation) => operation.name === name).id

function connect(...links) {
  const wire = recorder()
  const link = ApolloLink.from([...links, new HttpLink({ uri: url, fetch: wire.fetch })])
  return { client: new ApolloClient({ cache: new InMemoryCache(), link }), wire }
}

const verified = createPersistedQueryManifestVerificationLink({
  loadManifest,
  onVerificationFailed: ({ reason }) => assert.fail(reason)
})

for (const [method, useGETForHashedQueries] of [['POST', false], ['GET', true]]) {
  test(`Apollo Client asks by the ids of the manifest, over ${method}`, async () => {
    const ids = generatePersistedQueryIdsFromManifest({ loadManifest })
    const { client, wire } = connect(verified, new PersistedQueryLink({ ...ids, useGETForHashedQueries }))
    const { data } = await client.query({ query: gql(documents.account), variables: { id: 'account/acme' } })
    assert.equal(data.account.name, 'Acme')
    assert.deepEqual(wire.sent.map(({ method }) => method), [method])
    assert.ok(!wire.last().body?.query && !wire.last().url.searchParams.has('query'))
  })
}

test('Apollo Client changes something by the id of its document', async () => {
  const { client } = connect(verified, new PersistedQueryLink(generatePersistedQueryIdsFromManifest({ loadManifest })))
  const { data } = await client.mutate({ mutation: gql(documents.cancel), variables: { input: { id: 'subscription/psa/682' } } })
  assert.deepEqual(data.cancelSubscription.userErrors, [])
})

test('urql asks by the ids of the manifest', async () => {
  const wire = recorder()
  const exchanges = [
    persistedExchange({ enforcePersistedQueries: true, preferGetForPersistedQueries: false, generateHash: async () => idOf('Account') }),
    fetchExchange
  ]
  const { data, error } = await new Client({ url, fetch: wire.fetch, exchanges }).query(documents.account, { id: 'account/acme' })
  assert.equal(error, undefined)
  assert.equal(data.account.name, 'Acme')
  assert.equal(wire.last().body.query, undefined)
})

test('a document is named by documentId too', async () => {
  const { data } = await ask({ documentId: idOf('One'), variables: { id: 'subscription/focus/4711' } })
  assert.equal(data.subscription.id, 'subscription/focus/4711')
})

test('a text that is not in the manifest is refused', async () => {
  await assertRefused({ query: '{ viewer { subject } }' })
  const { client } = connect()
  await assert.rejects(client.query({ query: gql`query Other { viewer { subject } }` }), CombinedGraphQLErrors.is)
})

test('an id that is not in the manifest is refused', async () => {
  await assertRefused({ documentId: 'f'.repeat(64) })
  await assertRefused({ extensions: { persistedQuery: { version: 1, sha256Hash: 'f'.repeat(64) } } })
})
