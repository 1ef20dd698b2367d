package intercode

import "time"

// Details is a team's subscription as Intercode shows it: "" stays "", null
// and a missing key are nil. It is the schema's IntercodeSubscription.
type Details struct {
	TeamID         string // the team that was asked for, where the document names none
	SubscriptionID *string
	EndDate        *time.Time // UTC
	Price          *string    // exact digits, in the unit that the deployment uses
	Status         *string
	Tier           *string // the title of a tier
	Priority       *int
	UsersLimit     *int
	TeamsLimit     *int
}
