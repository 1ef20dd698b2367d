package frontier

import "tributary/billing"

// JoinPlan fills what sub only names: Plan, Price, Interval, Product, the plan
// of a pending change and Details.Plan. A plan that the catalogue does not have
// stays a stub of its id.
func (s *Source) JoinPlan(sub *billing.Subscription, plans []*billing.Plan) {
	if sub.Plan != nil {
		if plan := planByID(plans, sub.Plan.ExternalID); plan != nil {
			withPlan(sub, plan)
		}
	}
	if sub.PendingChange == nil || sub.PendingChange.PlanID == nil {
		return
	}
	if plan := planByID(plans, *sub.PendingChange.PlanID); plan != nil {
		change := *sub.PendingChange
		change.Plan = plan
		sub.PendingChange = &change
	}
}

func planByID(plans []*billing.Plan, id string) *billing.Plan {
	for _, plan := range plans {
		if plan.ExternalID == id {
			return plan
		}
	}
	return nil
}

func withPlan(sub *billing.Subscription, plan *billing.Plan) {
	sub.Plan, sub.Price, sub.Interval, sub.Product = plan, plan.Charge, plan.Interval, plan.Product
	details, ok := sub.Details.(*Details)
	document, known := plan.Details.(*Plan)
	if !ok || !known {
		return
	}
	whole := *details
	whole.Plan = document
	sub.Details = &whole
}

// JoinCustomer fills Customer, Organization, Details.Customer and
// Details.Organization from the billing accounts of sub's organisation.
func (s *Source) JoinCustomer(sub *billing.Subscription, customers []*billing.Customer) {
	for _, customer := range customers {
		if sub.Customer != nil && customer.ExternalID == sub.Customer.ExternalID {
			withCustomer(sub, customer)
			return
		}
	}
	// None of them pays for it, but all of them know its organisation.
	for _, customer := range customers {
		if account, ok := customer.Details.(*BillingAccount); ok && account.Organization != nil {
			withOrganization(sub, account.Organization)
			return
		}
	}
}

func withCustomer(sub *billing.Subscription, customer *billing.Customer) {
	sub.Customer = customer
	account, known := customer.Details.(*BillingAccount)
	if !known {
		return
	}
	if details, ok := sub.Details.(*Details); ok {
		whole := *details
		whole.Customer = account
		sub.Details = &whole
	}
	if account.Organization != nil {
		withOrganization(sub, account.Organization)
	}
}

func withOrganization(sub *billing.Subscription, org *Organization) {
	if sub.Organization != nil {
		whole := *sub.Organization // keeps the id by which the organisation was asked for
		whole.Name, whole.Title = text(org.Name), text(org.Title)
		whole.Avatar, whole.State = text(org.Avatar), text(org.State)
		sub.Organization = &whole
	}
	if details, ok := sub.Details.(*Details); ok {
		whole := *details
		whole.Organization = org
		sub.Details = &whole
	}
}

// customer normalises a billing account.
func (n normaliser) customer(a *BillingAccount) *billing.Customer {
	customer := n.customerStub(&a.ID)
	customer.Name, customer.Email, customer.Phone = text(a.Name), text(a.Email), text(a.Phone)
	customer.TaxIDs = a.TaxData
	customer.Details = a
	if code, ok := billing.CurrencyCode(word(a.Currency)); ok {
		customer.Currency = &code
	}
	if a.Address != nil {
		address := billing.Address{
			Line1: text(a.Address.Line1), Line2: text(a.Address.Line2), City: text(a.Address.City),
			State: text(a.Address.State), PostalCode: text(a.Address.PostalCode), Country: text(a.Address.Country),
		}
		if address != (billing.Address{}) {
			customer.Address = &address
		}
	}
	return customer
}
