// What relay-compiler compiles; nothing imports it.
import { graphql } from 'relay-runtime'

graphql`
  query documentsAccountQuery($id: ID!) {
    account(id: $id) { id name ...documents_subscriptions }
  }
`

graphql`
  fragment documents_subscriptions on Account
  @argumentDefinitions(count: { type: "Int", defaultValue: 4 }, cursor: { type: "String" })
  @refetchable(queryName: "documentsPageQuery") {
    subscriptions(first: $count, after: $cursor) @connection(key: "documents_subscriptions") {
      totalCount
      edges { node { id status source { id } plan { id name } } }
    }
  }
`

graphql`
  query documentsNodeQuery($id: ID!) {
    node(id: $id) { id ... on Subscription { status cancellation { atPeriodEnd } } }
  }
`

graphql`
  mutation documentsCancelMutation($input: CancelSubscriptionInput!) {
    cancelSubscription(input: $input) {
      subscription { id cancellation { atPeriodEnd } }
      userErrors { code message field }
    }
  }
`

graphql`
  query documentsBothQuery {
    focus: subscription(id: "subscription/focus/4720") { id status }
    psa: subscription(id: "subscription/psa/692") @catch(to: RESULT) { id status }
  }
`

graphql`
  query documentsListQuery($first: Int!) {
    subscriptions(first: $first) { nodes { id } }
  }
`

graphql`
  query documentsStrictQuery($id: ID!) @throwOnFieldError {
    node(id: $id) { id }
  }
`

graphql`
  query documentsVendorsQuery {
    subscriptions(first: 100) {
      nodes {
        id
        plan { id name }
        product { id name }
        customer { id name }
        organization { id name }
        details {
          ... on FocusSubscription { currentTrial { id } }
          ... on FrontierSubscription { id customer { id } organization { id } plan { id products { id prices { id } features { id } } } }
          ... on ProductiveSubscription { id currentPlan { id } }
        }
      }
    }
  }
`
