package frontier

import (
	"encoding/json"
	"time"

	"tributary/billing"
)

// Details is a subscription as Frontier sends it, the type of a
// billing.Subscription's Details. Everywhere in it nil is what Frontier sent as
// null or left out, and "" is kept. Times are in UTC.
type Details struct {
	ID         string
	CustomerID *string
	ProviderID *string
	PlanID     *string
	State      *string
	Metadata   json.RawMessage

	CreatedAt            *time.Time
	UpdatedAt            *time.Time
	CanceledAt           *time.Time // not cleared when a cancellation is undone
	EndedAt              *time.Time
	TrialEndsAt          *time.Time
	CurrentPeriodStartAt *time.Time
	CurrentPeriodEndAt   *time.Time
	BillingCycleAnchorAt *time.Time

	Phases []Phase // at most one

	// Customer, Organization and Plan are nil until joined.
	Customer     *BillingAccount
	Organization *Organization
	Plan         *Plan
}

// Phase is a scheduled step. Its presence alone means nothing: Frontier keeps
// one for any subscription with a schedule at its payment provider.
type Phase struct {
	EffectiveAt *time.Time
	PlanID      *string
	Reason      *string // cancel, change or ""; nil from old servers
}

// BillingAccount is who pays, the type of a billing.Customer's Details.
type BillingAccount struct {
	ID           string
	OrgID        *string
	Name         *string
	Email        *string
	Phone        *string
	Address      *billing.Address
	ProviderID   *string
	Provider     *string
	Currency     *string // lower case
	State        *string
	TaxData      []billing.TaxID
	Metadata     json.RawMessage
	CreatedAt    *time.Time
	UpdatedAt    *time.Time
	Organization *Organization
}

// Organization is a tenant of Frontier.
type Organization struct {
	ID        string
	Name      *string
	Title     *string
	Metadata  json.RawMessage
	CreatedAt *time.Time
	UpdatedAt *time.Time
	State     *string
	Avatar    *string
}

// Plan is a bundle of products billed at one interval, the type of a
// billing.Plan's Details.
type Plan struct {
	ID             string
	Name           *string
	Title          *string
	Description    *string
	Products       []Product
	Interval       *string
	OnStartCredits *int64
	TrialDays      *int64
	Metadata       json.RawMessage
	CreatedAt      *time.Time
	UpdatedAt      *time.Time
	State          *string // active or inactive; from v0.114.0 on
}

// Product is a part of a plan and carries its prices.
type Product struct {
	ID             string
	Name           *string
	Title          *string
	Description    *string
	PlanIDs        []string
	State          *string
	Prices         []Price
	Behavior       *string // basic, credits or per_seat
	Features       []Feature
	BehaviorConfig *BehaviorConfig
	Metadata       json.RawMessage
	CreatedAt      *time.Time
	UpdatedAt      *time.Time
}

// Price is a price of a product. The rows of a tiered price are not shown by
// Frontier, so its Amount means nothing.
type Price struct {
	ID               string
	ProductID        *string
	ProviderID       *string
	Name             *string
	Interval         *string // "" is charged once
	UsageType        *string
	BillingScheme    *string
	State            *string
	Currency         *string // lower case
	Amount           *int64  // minor units
	MeteredAggregate *string
	TierMode         *string
	Metadata         json.RawMessage
	CreatedAt        *time.Time
	UpdatedAt        *time.Time
}

// Feature is something that a product includes.
type Feature struct {
	ID         string
	Name       *string
	ProductIDs []string
	Title      *string
	Metadata   json.RawMessage
	CreatedAt  *time.Time
	UpdatedAt  *time.Time
}

// BehaviorConfig holds the figures that go with a product's behaviour; 0 is
// one that was not set.
type BehaviorConfig struct {
	CreditAmount *int64
	SeatLimit    *int64
	MinQuantity  *int64
	MaxQuantity  *int64
}
