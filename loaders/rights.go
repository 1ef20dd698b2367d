package loaders

import (
	"tributary/access"
	"tributary/billing"
)

// sees reports whether the operation's caller may see the subscription at ref,
// or for a ref without a key all that the organisation holds.
func (op *batches) sees(ref billing.Ref) bool { return op.directory.Sees(op.caller, ref) }

// conceal takes from a copy of a subscription what the schema's @requires cannot:
// fields that hold a secret of the customer at one source and not at another,
// and what sums are made of.
func (op *batches) conceal(sub *billing.Subscription) {
	if op.caller.Has(access.Sensitive) {
		return
	}
	if sub.ProviderID != nil && sub.ExternalID == *sub.ProviderID {
		sub.ExternalID = sub.Ref.LocalKey()
	}
	if sub.Customer != nil && sub.Customer.AtProvider {
		sub.Customer = nil
	}
	if sub.PaymentMethod != nil {
		sub.PaymentMethod = &billing.PaymentMethod{Kind: sub.PaymentMethod.Kind}
	}
}
