// A Relay environment over the gateway.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import relay from 'relay-runtime'
import { recorder, url } from './gateway.mjs'

export const { createOperationDescriptor, getSelector } = relay

const load = createRequire(`${process.env.ARTIFACTS}/`)

/** What relay-compiler made of a document in relay/documents.js. */
export const artifact = (name) => load(`./documents${name}.graphql`)

const texts = JSON.parse(readFileSync(`${process.env.ARTIFACTS}/relay.json`, 'utf8'))

/** What an application sends that keeps the texts of its documents. */
export const byText = ({ id }) => ({ query: texts[id] })

/** What an application sends whose documents the gateway has. */
export const byId = ({ id }) => ({ doc_id: id })

export function connect(documentOf, options = {}) {
  const wire = recorder()
  const network = relay.Network.create(async (params, variables) => {
    const answer = await wire.fetch(url, {
      method: 'POST',
      headers: {
        accept: 'application/graphql-response+json, application/json;q=0.9',
        'content-type': 'application/json',
        'X-GraphQL-Client-Name': 'relay-test',
        'X-GraphQL-Client-Version': '1.2.3'
      },
      body: JSON.stringify({ ...documentOf(params), variables })
    })
    return answer.json()
  })
  const environment = new relay.Environment({ network, store: new relay.Store(new relay.RecordSource()), ...options })
  const read = (name, variables) => relay.fetchQuery(environment, artifact(name), variables, { fetchPolicy: 'network-only' }).toPromise()
  return { environment, wire, read }
}

/** Cancels a subscription, and gives what came of it. */
export const change = (environment, input) =>
  new Promise((onCompleted, onError) =>
    relay.commitMutation(environment, { mutation: artifact('CancelMutation'), variables: { input }, onCompleted, onError })
  )
