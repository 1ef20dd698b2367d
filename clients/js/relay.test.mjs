import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertWhole, whileDown } from './gateway.mjs'
import { artifact, byText, change, connect, createOperationDescriptor, getSelector } from './relay.mjs'

// Comes first, while the gateway has nothing in its cache to answer with.
test('what answers is kept beside the error of what does not', async () => {
  const { read } = connect(byText)
  const { focus, psa } = await whileDown('psa', () => read('BothQuery', {}))
  assert.equal(focus.id, 'subscription/focus/4720')
  assert.equal(psa.ok, false)
  assert.equal(psa.errors[0].extensions.code, 'SOURCE_UNAVAILABLE')
})

test('an account is read, with name and version of the client', async () => {
  const { read, wire } = connect(byText)
  const { account } = await read('AccountQuery', { id: 'account/acme' })
  assert.equal(account.name, 'Acme')
  assert.equal(wire.last().status, 200)
})

test('the generated query of a fragment goes through all pages', async () => {
  const { environment, read, wire } = connect(byText)
  const id = 'account/globex'
  await read('AccountQuery', { id })
  const query = createOperationDescriptor(artifact('AccountQuery'), { id })
  environment.retain(query)
  const page = () => {
    const { account } = environment.lookup(query.fragment).data
    return environment.lookup(getSelector(artifact('_subscriptions'), account)).data.subscriptions
  }
  while (page().pageInfo.hasNextPage) {
    await read('PageQuery', { id, count: 4, cursor: page().pageInfo.endCursor })
  }
  assertWhole(page().edges.map(({ node }) => node.id), page().totalCount)
  assert.equal(wire.sent.length, Math.ceil(page().totalCount / 4))
})

test('node finds again what has an id', async () => {
  const { read } = connect(byText)
  for (const id of ['account/acme', 'subscription/psa/682', 'source/psa', 'plan/teams/2']) {
    assert.equal((await read('NodeQuery', { id })).node?.id, id)
  }
})

test('what has an id is kept once, by its id', async () => {
  const { environment, read } = connect(byText)
  await read('AccountQuery', { id: 'account/acme' })
  const records = environment.getStore().getSource()
  assert.equal(records.get('account/acme').__typename, 'Account')
  assert.equal(records.get('subscription/psa/682').source.__ref, 'source/psa')
  assert.equal(records.get('source/psa').__typename, 'Source')
})

test('no id stands for two things, those in the documents of vendors included', async (t) => {
  const complaints = t.mock.method(console, 'error', () => {})
  const { read } = connect(byText)
  await read('VendorsQuery', {})
  assert.deepEqual(complaints.mock.calls.map(({ arguments: said }) => said), [])
})

test('the answer of a mutation changes the record', async () => {
  const { environment, read } = connect(byText)
  const id = 'subscription/psa/682'
  await read('NodeQuery', { id })
  const query = createOperationDescriptor(artifact('NodeQuery'), { id })
  environment.retain(query)
  const seen = []
  const following = environment.subscribe(environment.lookup(query.fragment), ({ data }) => seen.push(data.node.cancellation?.atPeriodEnd))
  const { cancelSubscription } = await change(environment, { id })
  following.dispose()
  assert.deepEqual(cancelSubscription.userErrors, [])
  assert.deepEqual(seen, [true])
})

test('what the caller can mend is in userErrors', async () => {
  const { environment } = connect(byText)
  const { cancelSubscription } = await change(environment, { id: 'subscription/focus/4711' })
  assert.equal(cancelSubscription.subscription, null)
  assert.deepEqual(cancelSubscription.userErrors.map(({ code }) => code), ['NOT_SUPPORTED'])
})

test('a request that is refused is an error with its code', async () => {
  const { read } = connect(byText)
  await assert.rejects(read('ListQuery', { first: 1000 }), ({ source }) => source.errors[0].extensions.code === 'BAD_USER_INPUT')
})

test('a malformed id is an error with its code, where the query throws what its fields cost', async () => {
  const told = []
  const { read } = connect(byText, { relayFieldLogger: ({ error }) => told.push(error.extensions.code) })
  await assert.rejects(read('StrictQuery', { id: 'nonsense' }))
  assert.deepEqual(told, ['BAD_USER_INPUT'])
})
