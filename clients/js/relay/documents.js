import { graphql } from 'relay-runtime'

export const account = graphql`
  query documentsAccountQuery($id: ID!) {
    account(id: $id) { id name ...documents_subscriptions }
  }
`
export const page = graphql`
  fragment documents_subscriptions on Account
  @argumentDefinitions(count: { type: "Int", defaultValue: 4 }, cursor: { type: "String" })
  @refetchable(queryName: "documentsPageQuery") {
    id
    subscriptions(first: $count, after: $cursor) @connection(key: "documents_subscriptions") {
      totalCount
      edges { node { id status plan { id name } } }
    }
  }
`
export const cancel = graphql`
  mutation documentsCancelMutation($input: CancelSubscriptionInput!) {
    cancelSubscription(input: $input) { subscription { id cancellation { atPeriodEnd } } userErrors { code field } }
  }
`
export const one = graphql`
  query documentsOneQuery($id: ID!) {
    node(id: $id) { ... on Subscription { id status cancellation { atPeriodEnd } } }
  }
`
export const partial = graphql`
  query documentsPartialQuery {
    account(id: "account/acme") { id }
    subscription(id: "subscription/psa/682") @catch(to: RESULT) { id }
  }
`
