package frontier

import (
	"slices"
	"strings"
)

// The methods of this file run under the store's mutex and answer with copies.

func (s *store) find(id string) *subscription {
	for _, sub := range s.subscriptions {
		if strings.EqualFold(sub.ID, id) {
			return sub
		}
	}
	return nil
}

// organization finds by id or name.
func (s *store) organization(id string) *organization {
	for _, org := range s.organizations {
		if strings.EqualFold(org.ID, id) || org.Name == id {
			return org
		}
	}
	return nil
}

func (s *store) accountOf(orgID string) *billingAccount {
	for _, account := range s.accounts {
		if account.OrgID == orgID {
			return account
		}
	}
	return nil
}

// expands matches without regard to case; an unknown word is passed over.
func expands(req request, words ...string) bool {
	return slices.ContainsFunc(req.Expand, func(asked string) bool {
		return slices.Contains(words, strings.ToLower(asked))
	})
}

func (s *store) get(req request) (any, *problem) {
	return oneSubscription{s.shown(s.find(req.ID), req)}, nil
}

func (s *store) shown(sub *subscription, req request) subscription {
	out := *sub
	out.Phases = slices.Clone(sub.Phases)
	if account := s.accounts[sub.CustomerID]; account != nil && expands(req, "customer") {
		customer := *account
		out.Customer = &customer
	}
	if expands(req, "plan") {
		out.Plan = s.planByID(sub.PlanID)
	}
	return out
}

// list answers with what req.BillingID, the organisation's account, has.
func (s *store) list(req request) (any, *problem) {
	var wanted string
	if req.Plan != "" {
		plan := s.planByID(req.Plan)
		if plan == nil {
			return nil, masked
		}
		wanted = plan.ID
	}
	var list listOfSubscriptions
	for _, sub := range s.subscriptions {
		if req.BillingID == "" || sub.CustomerID != req.BillingID {
			continue
		}
		if req.State != "" && sub.State != req.State || wanted != "" && sub.PlanID != wanted {
			continue
		}
		list.Subscriptions = append(list.Subscriptions, s.shown(sub, req))
	}
	return list, nil
}

// planByID finds by id or name; nil where there is none.
func (s *store) planByID(id string) *plan {
	for _, plan := range s.plans {
		if id != "" && (plan.ID == id || plan.Name == id) {
			return &plan
		}
	}
	return nil
}

func (s *store) plan(id string) (any, *problem) {
	plan := s.planByID(id)
	if plan == nil {
		return nil, masked
	}
	return onePlan{*plan}, nil
}

func (s *store) product(id string) (any, *problem) {
	for _, product := range s.products {
		if product.ID == id || product.Name == id {
			return oneProduct{product}, nil
		}
	}
	return nil, &problem{notFound, "product doesn't exist"}
}

func (s *store) listAccounts(req request) (any, *problem) {
	org := s.organization(req.OrgID)
	if org == nil {
		return nil, &problem{notFound, "org doesn't exist"}
	}
	var list listOfAccounts
	if account := s.accountOf(org.ID); account != nil {
		list.BillingAccounts = append(list.BillingAccounts, s.shownAccount(account, req))
	}
	return list, nil
}

func (s *store) account(req request) (any, *problem) {
	account := s.accounts[req.ID]
	org := s.organization(req.OrgID)
	if account == nil || org == nil || account.OrgID != org.ID {
		return nil, &problem{notFound, "customer doesn't exist"}
	}
	return oneAccount{BillingAccount: s.shownAccount(account, req)}, nil
}

func (s *store) shownAccount(account *billingAccount, req request) billingAccount {
	out := *account
	if expands(req, "organization", "org") {
		org := *s.organizations[account.OrgID]
		out.Organization = &org
	}
	return out
}

// trialed reports whether an account ever had a trial of a plan.
func (s *store) trialed(accountID, planID string) (any, *problem) {
	if s.accounts[accountID] == nil {
		return nil, &problem{notFound, "customer doesn't exist"}
	}
	used := slices.ContainsFunc(s.subscriptions, func(sub *subscription) bool {
		return sub.CustomerID == accountID && sub.PlanID == planID && sub.TrialEndsAt != nil
	})
	return trialed{used}, nil
}
