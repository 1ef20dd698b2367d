package billing_test

import (
	"math"
	"math/big"
	"testing"
	"time"

	"tributary/billing"
)

var now = time.Date(2026, time.March, 15, 12, 0, 0, 0, time.UTC)

func after(d time.Duration) *time.Time {
	t := now.Add(d)
	return &t
}

func TestIsEntitled(t *testing.T) {
	running := &billing.Trial{StartsAt: after(-time.Hour), EndsAt: after(time.Hour)}
	cases := map[string]struct {
		sub  billing.Subscription
		want bool
	}{
		"a trialing one is":                            {billing.Subscription{Status: billing.StatusTrialing}, true},
		"an active one is":                             {billing.Subscription{Status: billing.StatusActive}, true},
		"past due without a named end is":              {billing.Subscription{Status: billing.StatusPastDue}, true},
		"past due within its grace is":                 {billing.Subscription{Status: billing.StatusPastDue, GracePeriodEndsAt: after(1)}, true},
		"past due at the end of its grace is not":      {billing.Subscription{Status: billing.StatusPastDue, GracePeriodEndsAt: after(0)}, false},
		"canceled with nothing known is not":           {billing.Subscription{Status: billing.StatusCanceled}, false},
		"canceled with no date is not":                 {canceled(true, nil), false},
		"canceled for a period that still runs is":     {canceled(true, after(1)), true},
		"canceled for a period that just ended is not": {canceled(true, after(0)), false},
		"canceled at once is not":                      {canceled(false, after(time.Hour)), false},
		"unpaid is not":                                {billing.Subscription{Status: billing.StatusUnpaid}, false},
		"unpaid is not while a trial runs either":      {billing.Subscription{Status: billing.StatusUnpaid, Trial: running}, false},
		"expired is not while a trial runs either":     {billing.Subscription{Status: billing.StatusExpired, Trial: running}, false},
		"unknown is not":                               {billing.Subscription{Status: billing.StatusUnknown}, false},
		"unknown is not while a trial runs either":     {billing.Subscription{Status: billing.StatusUnknown, Trial: running}, false},
		"a status outside the list is not":             {billing.Subscription{Status: "NEW"}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := c.sub.IsEntitled(now); got != c.want {
				t.Errorf("IsEntitled is %t, want %t", got, c.want)
			}
		})
	}
}

func canceled(atPeriodEnd bool, effective *time.Time) billing.Subscription {
	return billing.Subscription{
		Status:       billing.StatusCanceled,
		Cancellation: &billing.Cancellation{AtPeriodEnd: atPeriodEnd, EffectiveAt: effective},
	}
}

func TestOnlyTrialingAndActiveAreActive(t *testing.T) {
	for _, status := range billing.Statuses {
		want := status == billing.StatusTrialing || status == billing.StatusActive
		if got := (&billing.Subscription{Status: status}).IsActive(); got != want {
			t.Errorf("%s is active: %t, want %t", status, got, want)
		}
	}
}

func priced(minor int64, per billing.PriceBasis, unit billing.IntervalUnit, count int) *billing.Subscription {
	return &billing.Subscription{
		Status:   billing.StatusActive,
		Price:    &billing.Price{Amount: &billing.Money{Minor: minor, Currency: "USD"}, Per: per},
		Interval: &billing.Interval{Unit: unit, Count: count},
	}
}

func seated(sub *billing.Subscription, purchased int) *billing.Subscription {
	sub.Seats = &billing.SeatUsage{Purchased: &purchased}
	return sub
}

func TestMonthlyRecurring(t *testing.T) {
	cases := map[string]struct {
		sub  *billing.Subscription
		want int64
	}{
		"a month is itself":                         {priced(1000, billing.PerTotal, billing.Month, 1), 1000},
		"a year is twelve months":                   {priced(12000, billing.PerTotal, billing.Year, 1), 1000},
		"two years are twenty-four":                 {priced(24000, billing.PerTotal, billing.Year, 2), 1000},
		"a quarter":                                 {priced(1000, billing.PerTotal, billing.Month, 3), 333},
		"two thirds round up":                       {priced(2000, billing.PerTotal, billing.Month, 3), 667},
		"a half rounds away from zero":              {priced(5, billing.PerTotal, billing.Month, 2), 3},
		"a negative half rounds away from zero too": {priced(-5, billing.PerTotal, billing.Month, 2), -3},
		"a day is 1/30.4375 of a month":             {priced(10000, billing.PerTotal, billing.Day, 1), 304375},
		"a week is 7/30.4375 of a month":            {priced(700, billing.PerTotal, billing.Week, 1), 3044}, // 3043.75
		"two weeks":                                 {priced(1400, billing.PerTotal, billing.Week, 2), 3044},
		"per seat times the purchased seats":        {seated(priced(900, billing.PerSeat, billing.Month, 1), 7), 6300},
		"per seat and year":                         {seated(priced(10000, billing.PerSeat, billing.Year, 1), 3), 2500},
		"no seats bought":                           {seated(priced(900, billing.PerSeat, billing.Month, 1), 0), 0},
		"seats do not count for a total":            {seated(priced(900, billing.PerTotal, billing.Month, 1), 7), 900},
		"free":                                      {priced(0, billing.PerTotal, billing.Month, 1), 0},
		"the product may pass 64 bits on the way":   {seated(priced(math.MaxInt64/6, billing.PerSeat, billing.Year, 1), 12), math.MaxInt64 / 6},
		"the most that fits":                        {priced(math.MaxInt64, billing.PerTotal, billing.Month, 1), math.MaxInt64},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := c.sub.MonthlyRecurring()
			if got == nil || *got != (billing.Money{Minor: c.want, Currency: "USD"}) {
				t.Errorf("got %v, want %d USD", got, c.want)
			}
			if c.sub.Price.Amount == got {
				t.Error("the answer is the price itself, which callers share")
			}
		})
	}
}

func TestMonthlyRecurringIsExactWhateverTheFigures(t *testing.T) {
	months := map[billing.IntervalUnit]*big.Rat{
		billing.Day: big.NewRat(10_000, 304_375), billing.Week: big.NewRat(70_000, 304_375),
		billing.Month: big.NewRat(1, 1), billing.Year: big.NewRat(12, 1),
	}
	figures := []int64{0, 1, 2, 3, 5, 7, 12, 999, 1<<20 - 1, 1 << 20, 1<<20 + 1, 1<<40 - 1, 1 << 40, 1<<40 + 1, math.MaxInt64}
	for unit, length := range months {
		for _, amount := range append(figures, -1, -5, -1<<40, math.MinInt64) {
			for _, seats := range figures {
				for _, count := range figures[1:] {
					exact := new(big.Rat).Mul(new(big.Rat).SetInt64(amount), new(big.Rat).SetInt64(seats))
					exact.Quo(exact, new(big.Rat).Mul(length, new(big.Rat).SetInt64(count)))
					want, _ := new(big.Int).SetString(exact.FloatString(0), 10) // which rounds half away from zero
					got := seated(priced(amount, billing.PerSeat, unit, int(count)), int(seats)).MonthlyRecurring()
					if (got != nil) != want.IsInt64() || got != nil && got.Minor != want.Int64() {
						t.Fatalf("%d times %d each %d %s is %v, want %v", amount, seats, count, unit, got, want)
					}
				}
			}
		}
	}
}

func TestMonthlyRecurringIsNilWhereAnythingIsUnknown(t *testing.T) {
	month := func(change func(*billing.Subscription)) *billing.Subscription {
		sub := priced(1000, billing.PerTotal, billing.Month, 1)
		change(sub)
		return sub
	}
	cases := map[string]*billing.Subscription{
		"no price":               month(func(s *billing.Subscription) { s.Price = nil }),
		"no amount":              month(func(s *billing.Subscription) { s.Price.Amount = nil }),
		"no interval":            month(func(s *billing.Subscription) { s.Interval = nil }),
		"an interval of nothing": month(func(s *billing.Subscription) { s.Interval.Count = 0 }),
		"an interval backwards":  month(func(s *billing.Subscription) { s.Interval.Count = -1 }),
		"an unknown unit":        month(func(s *billing.Subscription) { s.Interval.Unit = "DECADE" }),
		"an unknown basis":       month(func(s *billing.Subscription) { s.Price.Per = billing.PerUnknown }),
		"a basis left out":       month(func(s *billing.Subscription) { s.Price.Per = "" }),
		"per seat, no seats":     priced(1000, billing.PerSeat, billing.Month, 1),
		"per seat, only used seats known": month(func(s *billing.Subscription) {
			used := 3
			s.Price.Per, s.Seats = billing.PerSeat, &billing.SeatUsage{Used: &used}
		}),
		"more a month than fits": priced(math.MaxInt64, billing.PerTotal, billing.Day, 1),
	}
	for _, status := range billing.Statuses {
		live := status == billing.StatusTrialing || status == billing.StatusActive || status == billing.StatusPastDue
		sub := month(func(s *billing.Subscription) { s.Status = status })
		if live && sub.MonthlyRecurring() == nil {
			t.Errorf("%s brings in nothing", status)
		}
		if !live {
			cases["status "+string(status)] = sub
		}
	}
	for name, sub := range cases {
		t.Run(name, func(t *testing.T) {
			if got := sub.MonthlyRecurring(); got != nil {
				t.Errorf("got %v, want nil", *got)
			}
		})
	}
}

func TestTrial(t *testing.T) {
	yes, no := true, false
	days := func(n int) *int { return &n }
	const day = 24 * time.Hour
	forever := time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)
	cases := map[string]struct {
		trial  *billing.Trial
		active bool
		days   *int
	}{
		"none":                              {nil, false, nil},
		"nothing known":                     {&billing.Trial{}, false, nil},
		"only a start":                      {&billing.Trial{StartsAt: after(-day)}, false, nil},
		"between its dates":                 {&billing.Trial{StartsAt: after(-day), EndsAt: after(day)}, true, days(1)},
		"only an end":                       {&billing.Trial{EndsAt: after(day)}, true, days(1)},
		"a begun day counts whole":          {&billing.Trial{EndsAt: after(day + 1)}, true, days(2)},
		"a last instant is a day":           {&billing.Trial{EndsAt: after(1)}, true, days(1)},
		"its start is its first instant":    {&billing.Trial{StartsAt: after(0), EndsAt: after(14 * day)}, true, days(14)},
		"not begun":                         {&billing.Trial{StartsAt: after(1), EndsAt: after(day)}, false, nil},
		"at its end it is over":             {&billing.Trial{EndsAt: after(0)}, false, nil},
		"the source says that it runs":      {&billing.Trial{Running: &yes}, true, nil},
		"the source's word goes over dates": {&billing.Trial{Running: &no, EndsAt: after(day)}, false, nil},
		"an end that passed goes over both": {&billing.Trial{Running: &yes, EndsAt: after(-1)}, false, nil},
		"an end past any duration":          {&billing.Trial{EndsAt: &forever}, true, days(2912369)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := c.trial.IsActive(now); got != c.active {
				t.Errorf("IsActive is %t, want %t", got, c.active)
			}
			got := c.trial.DaysRemaining(now)
			if (got == nil) != (c.days == nil) || got != nil && *got != *c.days {
				t.Errorf("DaysRemaining is %v, want %v", show(got), show(c.days))
			}
		})
	}
}

func show(n *int) any {
	if n == nil {
		return nil
	}
	return *n
}

func TestAvailableSeats(t *testing.T) {
	n := func(n int) *int { return &n }
	cases := map[string]struct {
		seats *billing.SeatUsage
		want  *int
	}{
		"no seats known":      {nil, nil},
		"used unknown":        {&billing.SeatUsage{Purchased: n(5)}, nil},
		"purchased unknown":   {&billing.SeatUsage{Used: n(5)}, nil},
		"some left":           {&billing.SeatUsage{Purchased: n(5), Used: n(2)}, n(3)},
		"more used than paid": {&billing.SeatUsage{Purchased: n(5), Used: n(7)}, n(0)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := c.seats.Available(); show(got) != show(c.want) {
				t.Errorf("Available is %v, want %v", show(got), show(c.want))
			}
		})
	}
}
