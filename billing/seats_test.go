package billing_test

import (
	"testing"

	"tributary/billing"
)

func TestSeatsAddUpWhereTheyAreKnown(t *testing.T) {
	n := func(n int) *int { return &n }
	sum := billing.SumSeats([]*billing.SeatUsage{
		nil,
		{Maximum: n(50)},
		{Purchased: n(40)},
		{Purchased: n(25), Used: n(18), Pending: n(2), Minimum: n(1)},
		{Purchased: n(3), Used: n(5)},
	})
	figures := map[string][2]*int{
		"purchased": {sum.Purchased, n(68)},
		"used":      {sum.Used, n(23)},
		"pending":   {sum.Pending, n(2)},
		"available": {sum.Available(), n(7)},
	}
	for name, figure := range figures {
		if figure[0] == nil || *figure[0] != *figure[1] {
			t.Errorf("%s is %v, want %d", name, figure[0], *figure[1])
		}
	}
	if sum.Minimum != nil || sum.Maximum != nil {
		t.Error("bounds of single subscriptions were summed")
	}
	for name, parts := range map[string][]*billing.SeatUsage{
		"nothing":          nil,
		"no seats counted": {nil, {Maximum: n(50)}},
	} {
		if got := billing.SumSeats(parts); got != nil {
			t.Errorf("%s adds up to %v", name, got)
		}
	}
	if got := billing.SumSeats([]*billing.SeatUsage{{Purchased: n(40)}}).Available(); got != nil {
		t.Errorf("%d seats are available where nobody knows how many are used", *got)
	}
}
