package frontier

import (
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"

	"tributary/billing"
	"tributary/sources/wire"
)

// The functions of this file carry Frontier's messages over into Details
// without losing anything. A time that cannot be read is a fault of r.

func detailsOf(r *wire.Reader, doc *subscription) *Details {
	d := &Details{
		ID:         doc.ID,
		CustomerID: doc.CustomerID,
		ProviderID: doc.ProviderID,
		PlanID:     doc.PlanID,
		State:      doc.State,
		Metadata:   raw(doc.Metadata),

		CreatedAt:            r.Time("created_at", doc.CreatedAt),
		UpdatedAt:            r.Time("updated_at", doc.UpdatedAt),
		CanceledAt:           r.Time("canceled_at", doc.CanceledAt),
		EndedAt:              r.Time("ended_at", doc.EndedAt),
		TrialEndsAt:          r.Time("trial_ends_at", doc.TrialEndsAt),
		CurrentPeriodStartAt: r.Time("current_period_start_at", doc.CurrentPeriodStartAt),
		CurrentPeriodEndAt:   r.Time("current_period_end_at", doc.CurrentPeriodEndAt),
		BillingCycleAnchorAt: r.Time("billing_cycle_anchor_at", doc.BillingCycleAnchorAt),

		Phases: each(r, doc.Phases, phaseOf),
	}
	if doc.Plan != nil {
		p := planOf(r, *doc.Plan)
		d.Plan = &p
	}
	if doc.Customer != nil {
		d.Customer = accountOf(r, *doc.Customer)
		d.Organization = d.Customer.Organization
	}
	return d
}

// each is nil for no rows, so that null, [] and an absent key are one thing.
func each[From, To any](r *wire.Reader, rows []From, one func(*wire.Reader, From) To) []To {
	if len(rows) == 0 {
		return nil
	}
	out := make([]To, len(rows))
	for i, row := range rows {
		out[i] = one(r, row)
	}
	return out
}

// raw is nil for null and an absent key.
func raw(value jsontext.Value) json.RawMessage {
	if len(value) == 0 || value.Kind() == 'n' {
		return nil
	}
	return json.RawMessage(value)
}

func phaseOf(r *wire.Reader, p phase) Phase {
	return Phase{
		EffectiveAt: r.Time("phases.effective_at", p.EffectiveAt),
		PlanID:      p.PlanID,
		Reason:      p.Reason,
	}
}

func accountOf(r *wire.Reader, a billingAccount) *BillingAccount {
	out := &BillingAccount{
		ID: a.ID, OrgID: a.OrgID,
		Name: a.Name, Email: a.Email, Phone: a.Phone,
		ProviderID: a.ProviderID, Provider: a.Provider,
		Currency: a.Currency, State: a.State,
		Metadata:  raw(a.Metadata),
		CreatedAt: r.Time("billing_account.created_at", a.CreatedAt),
		UpdatedAt: r.Time("billing_account.updated_at", a.UpdatedAt),
	}
	if a.Address != nil {
		out.Address = &billing.Address{
			Line1: a.Address.Line1, Line2: a.Address.Line2, City: a.Address.City,
			State: a.Address.State, PostalCode: a.Address.PostalCode, Country: a.Address.Country,
		}
	}
	for _, tax := range a.TaxData {
		out.TaxData = append(out.TaxData, billing.TaxID{Type: tax.Type, ID: tax.ID})
	}
	if org := a.Organization; org != nil {
		out.Organization = &Organization{
			ID: org.ID, Name: org.Name, Title: org.Title, State: org.State, Avatar: org.Avatar,
			Metadata:  raw(org.Metadata),
			CreatedAt: r.Time("organization.created_at", org.CreatedAt),
			UpdatedAt: r.Time("organization.updated_at", org.UpdatedAt),
		}
	}
	return out
}

func planOf(r *wire.Reader, p plan) Plan {
	return Plan{
		ID: p.ID, Name: p.Name, Title: p.Title, Description: p.Description,
		Products: each(r, p.Products, productOf),
		Interval: p.Interval, State: p.State,
		OnStartCredits: wire.Int64(p.OnStartCredits),
		TrialDays:      wire.Int64(p.TrialDays),
		Metadata:       raw(p.Metadata),
		CreatedAt:      r.Time("plan.created_at", p.CreatedAt),
		UpdatedAt:      r.Time("plan.updated_at", p.UpdatedAt),
	}
}

func productOf(r *wire.Reader, p product) Product {
	out := Product{
		ID: p.ID, Name: p.Name, Title: p.Title, Description: p.Description,
		PlanIDs:  p.PlanIDs,
		State:    p.State,
		Prices:   each(r, p.Prices, priceOf),
		Behavior: p.Behavior,
		Features: each(r, p.Features, featureOf),
		Metadata: raw(p.Metadata),

		CreatedAt: r.Time("product.created_at", p.CreatedAt),
		UpdatedAt: r.Time("product.updated_at", p.UpdatedAt),
	}
	if config := p.BehaviorConfig; config != nil {
		out.BehaviorConfig = &BehaviorConfig{
			CreditAmount: wire.Int64(config.CreditAmount),
			SeatLimit:    wire.Int64(config.SeatLimit),
			MinQuantity:  wire.Int64(config.MinQuantity),
			MaxQuantity:  wire.Int64(config.MaxQuantity),
		}
	}
	return out
}

func priceOf(r *wire.Reader, p price) Price {
	return Price{
		ID: p.ID, ProductID: p.ProductID, ProviderID: p.ProviderID,
		Name: p.Name, Interval: p.Interval, UsageType: p.UsageType, BillingScheme: p.BillingScheme,
		State: p.State, Currency: p.Currency, Amount: wire.Int64(p.Amount),
		MeteredAggregate: p.MeteredAggregate, TierMode: p.TierMode,
		Metadata:  raw(p.Metadata),
		CreatedAt: r.Time("price.created_at", p.CreatedAt),
		UpdatedAt: r.Time("price.updated_at", p.UpdatedAt),
	}
}

func featureOf(r *wire.Reader, f feature) Feature {
	return Feature{
		ID: f.ID, Name: f.Name, ProductIDs: f.ProductIDs, Title: f.Title,
		Metadata:  raw(f.Metadata),
		CreatedAt: r.Time("feature.created_at", f.CreatedAt),
		UpdatedAt: r.Time("feature.updated_at", f.UpdatedAt),
	}
}
