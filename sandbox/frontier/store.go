package frontier

import (
	"strings"
	"sync"
	"time"
)

// store is what the simulated server knows.
type store struct {
	now func() time.Time

	mu            sync.Mutex
	organizations map[string]*organization
	accounts      map[string]*billingAccount // by id
	products      []product
	plans         []plan
	subscriptions []*subscription // newest first
}

func newStore(now func() time.Time) *store {
	s := &store{now: now, organizations: map[string]*organization{}, accounts: map[string]*billingAccount{}}
	clock := clock{now().UTC().Truncate(time.Second)}
	for _, row := range organizationRows {
		s.addOrganization(clock, row)
	}
	for _, row := range productRows {
		s.products = append(s.products, newProduct(clock, row))
	}
	for _, row := range planRows {
		for _, n := range row.products {
			s.products[n-1].PlanIDs = append(s.products[n-1].PlanIDs, planID(row.n))
		}
	}
	for _, row := range planRows {
		s.addPlan(clock, row)
	}
	for _, row := range subscriptionRows {
		s.addSubscription(clock, row)
	}
	return s
}

func (s *store) addOrganization(clock clock, row organizationRow) {
	born := clock.days(-1000)
	org := &organization{
		ID: orgID(row.n), Name: row.name, Title: row.title, State: "enabled",
		Metadata: map[string]any{}, CreatedAt: born, UpdatedAt: born,
	}
	s.organizations[org.ID] = org
	if row.currency == "" {
		return
	}
	account := &billingAccount{
		ID: accountID(row.n), OrgID: org.ID, Name: row.title, Email: row.email,
		Address:    &address{City: row.city, Country: row.country, PostalCode: row.postcode},
		ProviderID: "cus_" + strings.ToUpper(row.name[:4]), Currency: row.currency, State: row.accountState,
		Metadata: map[string]any{}, CreatedAt: born, UpdatedAt: born,
	}
	if row.tax.ID != "" {
		account.TaxData = []taxID{row.tax}
	}
	s.accounts[account.ID] = account
}

func newProduct(clock clock, row productRow) product {
	born := clock.days(-1000)
	p := product{
		ID: productID(row.n), Name: row.name, Title: row.title, State: "active",
		Behavior: row.behavior, BehaviorConfig: row.config,
		Metadata: map[string]any{}, CreatedAt: born, UpdatedAt: born,
	}
	for i, name := range row.features {
		p.Features = append(p.Features, feature{
			ID: featureID(row.n*10 + i), Name: name, Title: strings.ReplaceAll(name, "_", " "),
			ProductIDs: []string{p.ID}, Metadata: map[string]any{}, CreatedAt: born, UpdatedAt: born,
		})
	}
	for i, r := range row.prices {
		p.Prices = append(p.Prices, newPrice(clock, p, row.n*10+i, r))
	}
	return p
}

func newPrice(clock clock, of product, n int, row priceRow) price {
	born := clock.days(-1000)
	p := price{
		ID: priceID(n), ProductID: of.ID, ProviderID: "price_" + of.Name, Name: of.Name,
		Interval: row.interval, UsageType: "licensed", BillingScheme: "flat", State: "active",
		Currency: row.currency, Amount: row.amount,
		Metadata: map[string]any{}, CreatedAt: born, UpdatedAt: born,
	}
	if row.state != "" {
		p.State = row.state
	}
	if row.usage == "metered" {
		p.UsageType, p.MeteredAggregate = "metered", "sum"
	}
	if row.scheme == "tiered" {
		p.BillingScheme, p.TierMode = "tiered", "graduated"
	}
	return p
}

func (s *store) addPlan(clock clock, row planRow) {
	born := clock.days(-1000)
	p := plan{
		ID: planID(row.n), Name: row.name, Title: row.title, Interval: row.interval, TrialDays: row.trialDays,
		Metadata: map[string]any{}, CreatedAt: born, UpdatedAt: born,
	}
	for _, n := range row.products {
		p.Products = append(p.Products, s.products[n-1])
	}
	s.plans = append(s.plans, p)
}

func (s *store) addSubscription(clock clock, row subscriptionRow) {
	sub := &subscription{
		ID: subscriptionID(row.n), CustomerID: accountID(row.org), State: row.state,
		Metadata:             map[string]any{},
		CreatedAt:            clock.days(row.created),
		UpdatedAt:            clock.days(-1),
		CanceledAt:           clock.days(row.canceled),
		EndedAt:              clock.days(row.ended),
		TrialEndsAt:          clock.days(row.trialEnds),
		CurrentPeriodStartAt: clock.days(row.start),
		CurrentPeriodEndAt:   clock.days(row.end),
		BillingCycleAnchorAt: clock.days(row.start),
	}
	if row.plan != 0 {
		sub.PlanID = planID(row.plan)
	}
	if row.start != 0 {
		sub.ProviderID = "sub_" + sub.ID[len(sub.ID)-4:]
	}
	for _, p := range row.phases {
		next := phase{EffectiveAt: clock.days(p.effective), Reason: p.reason}
		if p.plan != 0 {
			next.PlanID = planID(p.plan)
		}
		sub.Phases = []phase{next}
	}
	at := len(s.subscriptions)
	for i, other := range s.subscriptions {
		if sub.CreatedAt.After(*other.CreatedAt) {
			at = i
			break
		}
	}
	s.subscriptions = append(s.subscriptions[:at:at], append([]*subscription{sub}, s.subscriptions[at:]...)...)
}
