package frontier

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tributary/sources/wire"
)

// The types of this file are Frontier's messages as protojson writes them. REST
// sends "", [] and null for what is unset, Connect leaves the key out; int64
// comes as a JSON string, times as text.

// answer reads T under names in snake_case or camelCase, which Connect servers
// before September 2025 write. A name in both casings is a duplicate.
type answer[T any] struct{ body T }

func (a *answer[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return json.UnmarshalDecode(dec, &a.body, json.MatchCaseInsensitiveNames(true))
}

// Folded is what UnmarshalJSONFrom reads.
func (a *answer[T]) Folded() any { return &a.body }

var _ wire.Folded = (*answer[listOfPlans])(nil)

type oneSubscription struct {
	Subscription *subscription `json:"subscription"`
}

type listOfSubscriptions struct {
	Subscriptions []subscription `json:"subscriptions"`
}

type listOfPlans struct {
	Plans []plan `json:"plans"`
}

type listOfAccounts struct {
	BillingAccounts []billingAccount `json:"billing_accounts"`
}

type subscription struct {
	ID         string         `json:"id"`
	CustomerID *string        `json:"customer_id"`
	ProviderID *string        `json:"provider_id"`
	PlanID     *string        `json:"plan_id"`
	State      *string        `json:"state"`
	Metadata   jsontext.Value `json:"metadata"`

	CreatedAt            *string `json:"created_at"`
	UpdatedAt            *string `json:"updated_at"`
	CanceledAt           *string `json:"canceled_at"`
	EndedAt              *string `json:"ended_at"`
	TrialEndsAt          *string `json:"trial_ends_at"`
	CurrentPeriodStartAt *string `json:"current_period_start_at"`
	CurrentPeriodEndAt   *string `json:"current_period_end_at"`
	BillingCycleAnchorAt *string `json:"billing_cycle_anchor_at"`

	Phases   []phase         `json:"phases"`
	Customer *billingAccount `json:"customer"` // only where expanded
	Plan     *plan           `json:"plan"`     // only where expanded
}

type phase struct {
	EffectiveAt *string `json:"effective_at"`
	PlanID      *string `json:"plan_id"`
	Reason      *string `json:"reason"` // no such key from older REST servers
}

type billingAccount struct {
	ID           string         `json:"id"`
	OrgID        *string        `json:"org_id"`
	Name         *string        `json:"name"`
	Email        *string        `json:"email"`
	Phone        *string        `json:"phone"`
	Address      *address       `json:"address"`
	ProviderID   *string        `json:"provider_id"`
	Provider     *string        `json:"provider"`
	Currency     *string        `json:"currency"`
	State        *string        `json:"state"`
	TaxData      []taxID        `json:"tax_data"`
	Metadata     jsontext.Value `json:"metadata"`
	CreatedAt    *string        `json:"created_at"`
	UpdatedAt    *string        `json:"updated_at"`
	Organization *organization  `json:"organization"` // only where expanded
}

type address struct {
	Line1      *string `json:"line1"`
	Line2      *string `json:"line2"`
	City       *string `json:"city"`
	State      *string `json:"state"`
	PostalCode *string `json:"postal_code"`
	Country    *string `json:"country"`
}

type taxID struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

type organization struct {
	ID        string         `json:"id"`
	Name      *string        `json:"name"`
	Title     *string        `json:"title"`
	Metadata  jsontext.Value `json:"metadata"`
	CreatedAt *string        `json:"created_at"`
	UpdatedAt *string        `json:"updated_at"`
	State     *string        `json:"state"`
	Avatar    *string        `json:"avatar"`
}

type plan struct {
	ID             string         `json:"id"`
	Name           *string        `json:"name"`
	Title          *string        `json:"title"`
	Description    *string        `json:"description"`
	Products       []product      `json:"products"`
	Interval       *string        `json:"interval"`
	OnStartCredits *wire.Int      `json:"on_start_credits"`
	TrialDays      *wire.Int      `json:"trial_days"`
	Metadata       jsontext.Value `json:"metadata"`
	CreatedAt      *string        `json:"created_at"`
	UpdatedAt      *string        `json:"updated_at"`
	State          *string        `json:"state"` // from v0.114.0
}

type product struct {
	ID             string          `json:"id"`
	Name           *string         `json:"name"`
	Title          *string         `json:"title"`
	Description    *string         `json:"description"`
	PlanIDs        []string        `json:"plan_ids"`
	State          *string         `json:"state"`
	Prices         []price         `json:"prices"`
	Behavior       *string         `json:"behavior"`
	Features       []feature       `json:"features"`
	BehaviorConfig *behaviorConfig `json:"behavior_config"`
	Metadata       jsontext.Value  `json:"metadata"`
	CreatedAt      *string         `json:"created_at"`
	UpdatedAt      *string         `json:"updated_at"`
}

type price struct {
	ID               string         `json:"id"`
	ProductID        *string        `json:"product_id"`
	ProviderID       *string        `json:"provider_id"`
	Name             *string        `json:"name"`
	Interval         *string        `json:"interval"` // "" is charged once
	UsageType        *string        `json:"usage_type"`
	BillingScheme    *string        `json:"billing_scheme"`
	State            *string        `json:"state"`
	Currency         *string        `json:"currency"`
	Amount           *wire.Int      `json:"amount"` // minor units; Connect omits 0
	MeteredAggregate *string        `json:"metered_aggregate"`
	TierMode         *string        `json:"tier_mode"`
	Metadata         jsontext.Value `json:"metadata"`
	CreatedAt        *string        `json:"created_at"`
	UpdatedAt        *string        `json:"updated_at"`
}

type feature struct {
	ID         string         `json:"id"`
	Name       *string        `json:"name"`
	ProductIDs []string       `json:"product_ids"`
	Title      *string        `json:"title"`
	Metadata   jsontext.Value `json:"metadata"`
	CreatedAt  *string        `json:"created_at"`
	UpdatedAt  *string        `json:"updated_at"`
}

type behaviorConfig struct {
	CreditAmount *wire.Int `json:"credit_amount"`
	SeatLimit    *wire.Int `json:"seat_limit"`
	MinQuantity  *wire.Int `json:"min_quantity"`
	MaxQuantity  *wire.Int `json:"max_quantity"`
}
