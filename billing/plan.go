package billing

// Plan is what a source sells: a plan or a tier.
type Plan struct {
	Source       string
	ExternalID   string
	Name         *string
	Description  *string
	Rank         *int
	IsBillable   *bool
	IsPopular    *bool
	TrialDays    *int
	Prices       []PlanPrice
	Features     []Feature
	Limits       *PlanLimits
	UpgradesTo   []string // ids at the source
	DowngradesTo []string

	// Product, Charge and Interval are what a subscription to this plan takes
	// on where its own document names only the plan; nil elsewhere.
	Product  *Product
	Charge   *Price
	Interval *Interval

	// Details is the source's own document of the plan, or nil.
	Details any
}

// ID is the plan's global id.
func (p *Plan) ID() string { return GlobalID("plan", p.Source, p.ExternalID) }

// PlanPrice is one price at which a plan is sold.
type PlanPrice struct {
	Amount   *Money
	Interval *Interval
	Per      PriceBasis
	Scheme   PricingScheme
}

// Feature is one thing a plan includes.
type Feature struct {
	Name      string
	Title     *string
	Kind      FeatureKind
	Limit     *int64 // of a metered feature
	Available *bool  // of a switch
}

// FeatureKind is how a feature is granted.
type FeatureKind string

// Counted, on or off, or only described.
const (
	FeatureMetered     FeatureKind = "METERED"
	FeatureSwitch      FeatureKind = "SWITCH"
	FeatureDescriptive FeatureKind = "DESCRIPTIVE"
)

// PlanLimits bound what a plan's subscribers may use.
type PlanLimits struct {
	Users        *int
	Teams        *int
	MinimumSeats *int
	MaximumSeats *int
}
