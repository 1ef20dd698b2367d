package sandbox

import (
	"fmt"

	"tributary/billing"
)

// The names of the vendors among the gateway's sources.
const (
	focusSource      = "focus"
	frontierSource   = "billing"
	intercodeSource  = "teams"
	productiveSource = "psa"
)

// Accounts are the sample customers. Together they hold every subscription of
// the vendors, each once; acme holds one at each source.
func Accounts() []billing.Account {
	return []billing.Account{
		{ID: "acme", Name: "Acme", Holdings: []billing.Ref{
			organization(4711), billingSubscription(1, 1), team(1), psa(682),
		}},
		{ID: "globex", Name: "Globex", Holdings: []billing.Ref{
			organization(4712), organization(4713), billingOrganization(2), team(2), team(4), psa(683), psa(684),
		}},
		{ID: "initech", Name: "Initech", Holdings: []billing.Ref{
			organization(4714), organization(4715), billingOrganization(3), team(5), team(6), psa(685), psa(686),
		}},
		{ID: "umbrella", Name: "Umbrella", Holdings: []billing.Ref{
			organization(4716), organization(4717), billingOrganization(4), team(7), team(8), psa(687), psa(688),
		}},
		{ID: "hooli", Name: "Hooli", Holdings: []billing.Ref{
			organization(4718), organization(4719), billingOrganization(5), billingOrganization(6), team(3), team(9), psa(689), psa(690), psa(691),
		}},
		{ID: "stark", Name: "Stark Industries", Holdings: []billing.Ref{
			organization(4720), organization(4721), billingOrganization(7), team(10), team(11), psa(692), psa(693), psa(694),
		}},
		{ID: "wayne", Name: "Wayne Enterprises", Holdings: []billing.Ref{
			organization(4722), organization(4723), billingOrganization(8), team(12), team(13), psa(695), psa(696),
		}},
		{ID: "wonka", Name: "Wonka", Holdings: []billing.Ref{
			organization(4724), organization(4725), billingOrganization(9), billingOrganization(10), team(14), psa(697), psa(698), psa(699),
		}},
	}
}

func organization(id int) billing.Ref {
	return billing.Ref{Source: focusSource, Org: fmt.Sprint(id)}
}

// billingOrganization is all that a Frontier organisation holds.
func billingOrganization(n int) billing.Ref {
	return billing.Ref{Source: frontierSource, Org: fmt.Sprintf("0f3c0000-0000-4000-8000-0000000000%02d", n)}
}

func billingSubscription(org, n int) billing.Ref {
	ref := billingOrganization(org)
	ref.Key = fmt.Sprintf("7d1e0000-0000-4000-8000-0000000000%02d", n)
	return ref
}

func team(n int) billing.Ref {
	return billing.Ref{Source: intercodeSource, Org: fmt.Sprintf("team_%d", n)}
}

func psa(id int) billing.Ref {
	return billing.Ref{Source: productiveSource, Org: fmt.Sprint(id)}
}
