import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from '@apollo/client'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { Client, fetchExchange } from '@urql/core'
import { persistedExchange } from '@urql/exchange-persisted'
import { assertRefused, preflighted, recorder, url } from './gateway.mjs'

const sha256 = (text) => createHash('sha256').update(text).digest('hex')

/** How a request told its document. */
function told({ method, body, url }) {
  const { query, extensions } = body ?? Object.fromEntries(url.searchParams)
  const { persistedQuery } = typeof extensions === 'string' ? JSON.parse(extensions) : extensions
  assert.match(persistedQuery.sha256Hash, /^[0-9a-f]{64}$/)
  return `${method} ${query ? 'hash and text' : 'hash'}`
}

/** Each asks for a name by a client that has asked nothing yet, and gives what that sent. */
const clients = {
  'Apollo Client': async (query, byGet) => {
    const wire = recorder()
    const link = ApolloLink.from([new PersistedQueryLink({ sha256, useGETForHashedQueries: byGet }), new HttpLink({ uri: url, fetch: wire.fetch })])
    const { data } = await new ApolloClient({ cache: new InMemoryCache(), link }).query({ query: gql(query) })
    return { name: data.account.name, sent: wire.sent }
  },
  urql: async (query, byGet) => {
    const wire = recorder()
    const exchanges = [persistedExchange({ preferGetForPersistedQueries: byGet && 'force' }), fetchExchange]
    const options = { preferGetMethod: false, fetch: wire.fetch, fetchOptions: { headers: preflighted } }
    const { data, error } = await new Client({ url, exchanges, ...options }).query(query, {})
    assert.equal(error, undefined)
    return { name: data.account.name, sent: wire.sent }
  }
}

for (const [name, method, retry] of [
  ['Apollo Client', 'POST', 'POST'],
  ['Apollo Client', 'GET', 'POST'],
  ['urql', 'POST', 'POST'],
  ['urql', 'GET', 'GET']
]) {
  test(`${name} is told of a miss by ${method}, sends the text once, and then the hash alone`, async () => {
    const query = `query ${name.replace(' ', '')}${method} { account(id: "account/acme") { name } }`
    for (const sent of [[`${method} hash`, `${retry} hash and text`], [`${method} hash`]]) {
      const answer = await clients[name](query, method === 'GET')
      assert.equal(answer.name, 'Acme')
      assert.deepEqual(answer.sent.map(told), sent)
    }
  })
}

test('a hash that is not of the text is refused', () =>
  assertRefused({
    query: '{ viewer { subject } }',
    extensions: { persistedQuery: { version: 1, sha256Hash: sha256('another text') } }
  }))
