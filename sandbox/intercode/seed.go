package intercode

// seedTiers is the catalogue. Prices are minor units. Two tiers share a title,
// as nothing at the vendor forbids in data that came from elsewhere.
func seedTiers() []tier {
	return []tier{
		{ID: 1, Title: "Basic", Price: 1000, Priority: 1, UsersLimit: 10, TeamsLimit: 5},
		{ID: 2, Title: "Team", Price: 4900, Priority: 2, UsersLimit: 25, TeamsLimit: 10},
		{ID: 3, Title: "Business", Price: 14900, Priority: 3, UsersLimit: 100, TeamsLimit: 50},
		{ID: 4, Title: "Enterprise", Price: 49900, Priority: 4, UsersLimit: 1000, TeamsLimit: 250},
		{ID: 5, Title: "Legacy", Price: 700, Priority: 0, UsersLimit: 5, TeamsLimit: 1},
		{ID: 6, Title: "Legacy", Price: 900, Priority: 0, UsersLimit: 8, TeamsLimit: 1},
	}
}

// row is one team's subscription; endsIn is in days from the start, nil for
// an endDate of null.
type row struct {
	team, subscription string
	status             string
	endsIn             *int
	tier               string
	price              int64
	priority           int
	users, teams       int
}

// rows are the teams that have a subscription: team_3 has none.
var rows = []row{
	{"team_1", "sub_1RkAcmeTeam9Qx2LmT4vWc7Zp", "active", new(21), "Team", 4900, 2, 25, 10},
	{"team_2", "sub_1RkGlobexTrialB8sKd3HnYf6", "trialing", new(9), "Business", 14900, 3, 100, 50},
	{"team_4", "sub_1RkGlobexOps5VtRw1JqMz2Ea", "past_due", new(-4), "Team", 4900, 2, 25, 10},
	{"team_5", "sub_1RkInitechMain7GyUc9XbPk3", "unpaid", new(-30), "Business", 14900, 3, 100, 50},
	{"team_6", "sub_1RkInitechLabs2DfNe6SoLh8", "canceled", new(-12), "Basic", 1000, 1, 10, 5},
	{"team_7", "sub_1RkUmbrellaHq4WmQi0TaRv1", "cancelled", new(40), "Enterprise", 49900, 4, 1000, 250},
	{"team_8", "sub_1RkUmbrellaEu8ZjBp5CyXg7", "incomplete", nil, "Basic", 1000, 1, 10, 5},
	{"team_9", "sub_1RkHooliXyz3KuFd9OwMs6Nt", "incomplete_expired", new(-90), "Team", 4900, 2, 25, 10},
	{"team_10", "sub_1RkStarkRnd6HrVe2PlIq4Bc", "paused", new(15), "Enterprise", 49900, 4, 1000, 250},
	{"team_11", "sub_1RkStarkExpo0YxGt7JnAk5D", "grandfathered", new(120), "Basic", 1000, 1, 10, 5},
	{"team_12", "sub_1RkWayneCorp1SbLz8EvUf3M", "ACTIVE", new(200), " enterprise", 49900, 4, 1000, 250},
	{"team_13", "", "active", new(6), "Starter 2021", 1900, 1, 15, 3},
	{"team_14", "sub_1RkWonkaFactory5CqOw4RiT", "active", new(-2), "Legacy", 700, 0, 5, 1},
}

// forbidden is a team that exists and that no token of the sandbox may see.
const forbidden = "team_forbidden"
