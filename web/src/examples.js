import portfolio from '../examples/portfolio.graphql?raw';
import subscriptionDetails from '../examples/subscription-details.graphql?raw';
import degradedSource from '../examples/degraded-source.graphql?raw';
import pagedList from '../examples/paged-list.graphql?raw';
import pagedListVariables from '../examples/paged-list.variables.json?raw';
import nodeLookups from '../examples/node-lookups.graphql?raw';
import cancelAndRenew from '../examples/cancel-and-renew.graphql?raw';
import changeSubscription from '../examples/change-subscription.graphql?raw';
import trialAndCheckout from '../examples/trial-and-checkout.graphql?raw';
import managePlans from '../examples/manage-plans.graphql?raw';

// The tabs of a first visit, in reading order. GraphiQL names a tab after its
// operation; a later visit finds the tabs as the reader left them.
export const examples = [
  { query: portfolio },
  { query: subscriptionDetails },
  { query: degradedSource },
  { query: pagedList, variables: pagedListVariables },
  { query: nodeLookups },
  { query: cancelAndRenew },
  { query: changeSubscription },
  { query: trialAndCheckout },
  { query: managePlans },
];
