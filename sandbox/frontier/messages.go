package frontier

import "time"

// The types of this file are Frontier's messages, written by REST with every
// key and by Connect without those that are unset.

type subscription struct {
	ID         string         `json:"id"`
	CustomerID string         `json:"customer_id"`
	ProviderID string         `json:"provider_id"`
	PlanID     string         `json:"plan_id"`
	State      string         `json:"state"`
	Metadata   map[string]any `json:"metadata"`

	CreatedAt            *time.Time `json:"created_at"`
	UpdatedAt            *time.Time `json:"updated_at"`
	CanceledAt           *time.Time `json:"canceled_at"`
	EndedAt              *time.Time `json:"ended_at"`
	TrialEndsAt          *time.Time `json:"trial_ends_at"`
	CurrentPeriodStartAt *time.Time `json:"current_period_start_at"`
	CurrentPeriodEndAt   *time.Time `json:"current_period_end_at"`
	BillingCycleAnchorAt *time.Time `json:"billing_cycle_anchor_at"`

	Phases   []phase         `json:"phases"`
	Customer *billingAccount `json:"customer"`
	Plan     *plan           `json:"plan"`
}

type phase struct {
	EffectiveAt *time.Time `json:"effective_at"`
	PlanID      string     `json:"plan_id"`
	Reason      string     `json:"reason"`
}

type billingAccount struct {
	ID           string         `json:"id"`
	OrgID        string         `json:"org_id"`
	Name         string         `json:"name"`
	Email        string         `json:"email"`
	Phone        string         `json:"phone"`
	Address      *address       `json:"address"`
	ProviderID   string         `json:"provider_id"`
	Provider     string         `json:"provider"` // always ""
	Currency     string         `json:"currency"`
	State        string         `json:"state"`
	TaxData      []taxID        `json:"tax_data"`
	Metadata     map[string]any `json:"metadata"`
	CreatedAt    *time.Time     `json:"created_at"`
	UpdatedAt    *time.Time     `json:"updated_at"`
	Organization *organization  `json:"organization"`
}

type address struct {
	Line1      string `json:"line1"`
	Line2      string `json:"line2"`
	City       string `json:"city"`
	State      string `json:"state"`
	PostalCode string `json:"postal_code"`
	Country    string `json:"country"`
}

type taxID struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

type organization struct {
	ID        string         `json:"id"`
	Name      string         `json:"name"`
	Title     string         `json:"title"`
	Metadata  map[string]any `json:"metadata"`
	CreatedAt *time.Time     `json:"created_at"`
	UpdatedAt *time.Time     `json:"updated_at"`
	State     string         `json:"state"`
	Avatar    string         `json:"avatar"`
}

type plan struct {
	ID             string         `json:"id"`
	Name           string         `json:"name"`
	Title          string         `json:"title"`
	Description    string         `json:"description"`
	Products       []product      `json:"products"`
	Interval       string         `json:"interval"`
	OnStartCredits int64          `json:"on_start_credits,string"`
	TrialDays      int64          `json:"trial_days,string"`
	Metadata       map[string]any `json:"metadata"`
	CreatedAt      *time.Time     `json:"created_at"`
	UpdatedAt      *time.Time     `json:"updated_at"`
}

type product struct {
	ID             string          `json:"id"`
	Name           string          `json:"name"`
	Title          string          `json:"title"`
	Description    string          `json:"description"`
	PlanIDs        []string        `json:"plan_ids"`
	State          string          `json:"state"`
	Prices         []price         `json:"prices"`
	Behavior       string          `json:"behavior"`
	Features       []feature       `json:"features"`
	BehaviorConfig *behaviorConfig `json:"behavior_config"`
	Metadata       map[string]any  `json:"metadata"`
	CreatedAt      *time.Time      `json:"created_at"`
	UpdatedAt      *time.Time      `json:"updated_at"`
}

type price struct {
	ID               string         `json:"id"`
	ProductID        string         `json:"product_id"`
	ProviderID       string         `json:"provider_id"`
	Name             string         `json:"name"`
	Interval         string         `json:"interval"`
	UsageType        string         `json:"usage_type"`
	BillingScheme    string         `json:"billing_scheme"`
	State            string         `json:"state"`
	Currency         string         `json:"currency"`
	Amount           int64          `json:"amount,string"`
	MeteredAggregate string         `json:"metered_aggregate"`
	TierMode         string         `json:"tier_mode"`
	Metadata         map[string]any `json:"metadata"`
	CreatedAt        *time.Time     `json:"created_at"`
	UpdatedAt        *time.Time     `json:"updated_at"`
}

type feature struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	ProductIDs []string       `json:"product_ids"`
	Title      string         `json:"title"`
	Metadata   map[string]any `json:"metadata"`
	CreatedAt  *time.Time     `json:"created_at"`
	UpdatedAt  *time.Time     `json:"updated_at"`
}

type behaviorConfig struct {
	CreditAmount int64 `json:"credit_amount,string"`
	SeatLimit    int64 `json:"seat_limit,string"`
	MinQuantity  int64 `json:"min_quantity,string"`
	MaxQuantity  int64 `json:"max_quantity,string"`
}

// The answers.
type (
	oneSubscription struct {
		Subscription subscription `json:"subscription"`
	}
	listOfSubscriptions struct {
		Subscriptions []subscription `json:"subscriptions"`
	}
	onePlan struct {
		Plan plan `json:"plan"`
	}
	listOfPlans struct {
		Plans []plan `json:"plans"`
	}
	oneProduct struct {
		Product product `json:"product"`
	}
	listOfProducts struct {
		Products []product `json:"products"`
	}
	oneAccount struct {
		BillingAccount billingAccount `json:"billing_account"`
		PaymentMethods []struct{}     `json:"payment_methods"`
		BillingDetails *struct{}      `json:"billing_details"`
	}
	listOfAccounts struct {
		BillingAccounts []billingAccount `json:"billing_accounts"`
	}
	trialed struct {
		Trialed bool `json:"trialed"`
	}
	changed struct {
		Phase *phase `json:"phase"`
	}
	nothing struct{}
)

// request is what any of the requests may hold, whichever way it came.
type request struct {
	ID        string   `json:"id"`
	OrgID     string   `json:"org_id"`
	BillingID string   `json:"billing_id"`
	State     string   `json:"state"`
	Plan      string   `json:"plan"`
	Expand    []string `json:"expand"`
	Immediate bool     `json:"immediate"`

	PlanChange *struct {
		Plan      string `json:"plan"`
		Immediate bool   `json:"immediate"`
	} `json:"plan_change"`
	PhaseChange *struct {
		CancelUpcomingChanges bool `json:"cancel_upcoming_changes"`
	} `json:"phase_change"`
}
