// The documents that Apollo Client and urql send.

export const account = `
  query Account($id: ID!) {
    account(id: $id) {
      id
      name
      subscriptions {
        nodes { id status source { id name } plan { id name } price { amount { decimal currency } } }
      }
    }
  }`

export const page = `
  query Page($first: Int!, $after: String) {
    subscriptions(first: $first, after: $after) {
      totalCount
      edges { cursor node { id status } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }`

export const one = `
  query One($id: ID!) {
    subscription(id: $id) { id status cancellation { atPeriodEnd } }
  }`

export const both = `
  query Both {
    focus: subscription(id: "subscription/focus/4720") { id status }
    psa: subscription(id: "subscription/psa/692") { id status }
  }`

export const cancel = `
  mutation Cancel($input: CancelSubscriptionInput!) {
    cancelSubscription(input: $input) {
      subscription { id status cancellation { atPeriodEnd } }
      userErrors { code message field }
    }
  }`
