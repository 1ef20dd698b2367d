import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertRefused } from './gateway.mjs'
import { artifact, byId, change, connect } from './relay.mjs'

test('Relay asks by the ids that relay-compiler gave', async () => {
  const { read, wire } = connect(byId)
  assert.equal((await read('AccountQuery', { id: 'account/acme' })).account.name, 'Acme')
  assert.deepEqual(wire.last().body, { doc_id: artifact('AccountQuery').params.id, variables: { id: 'account/acme' } })
})

test('Relay changes something by the id of its document', async () => {
  const { environment } = connect(byId)
  const { cancelSubscription } = await change(environment, { id: 'subscription/psa/682' })
  assert.equal(cancelSubscription.subscription.cancellation.atPeriodEnd, true)
})

test('a text that is not in the manifest is refused', () => assertRefused({ query: '{ viewer { subject } }' }))

test('an id that is not in the manifest is refused', () => assertRefused({ doc_id: 'f'.repeat(32) }))
