package portfolio_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"tributary/billing"
	"tributary/loaders"
	"tributary/portfolio"
)

const allParts = loaders.PartPlan | loaders.PartCustomer | loaders.PartTrial

func (w *world) summary(filter *portfolio.Filter) *portfolio.Summary {
	w.t.Helper()
	ctx, _ := w.Sources.Begin(anyone, 0)
	summary, err := w.Summarise(ctx, w.directory.Page("", 1)[0], filter, allParts)
	if err != nil {
		w.t.Fatal(err)
	}
	return summary
}

func withStatus(status billing.Status, shape func(*billing.Subscription)) func(*billing.Subscription) {
	return func(s *billing.Subscription) {
		shape(s)
		s.Status = status
	}
}

func TestMoneyAddsUpOverWhatIsLive(t *testing.T) {
	free := costing(0, "EUR")
	cases := map[string]struct {
		shapes   []func(*billing.Subscription)
		sums     string
		unpriced int
	}{
		"by currency, from A to Z": {[]func(*billing.Subscription){costing(1, "USD"), costing(200, "EUR"), costing(300, "USD"), costing(7, "JPY")},
			"2.00 EUR 7 JPY 3.01 USD", 0},
		"what is not live does not count": {[]func(*billing.Subscription){
			withStatus(billing.StatusTrialing, costing(100, "USD")), withStatus(billing.StatusPastDue, costing(20, "USD")),
			withStatus(billing.StatusCanceled, costing(3, "USD")), withStatus(billing.StatusUnknown, nothing), withStatus(billing.StatusPaused, nothing),
		}, "1.20 USD", 0},
		"what has no price is counted":   {[]func(*billing.Subscription){costing(100, "USD"), nothing, nothing}, "1.00 USD", 2},
		"what costs nothing has a price": {[]func(*billing.Subscription){free}, "0.00 EUR", 0},
		"a sum past 64 bits leaves out what does not fit": {[]func(*billing.Subscription){costing(math.MaxInt64-1, "JPY"), costing(5, "JPY"), costing(1, "JPY")},
			fmt.Sprint(int64(math.MaxInt64), " JPY"), 1},
		"nothing": {[]func(*billing.Subscription){withStatus(billing.StatusExpired, nothing)}, "", 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			summary := shaped(t, c.shapes...).summary(nil)
			var sums []string
			for _, money := range summary.MonthlyRecurring {
				sums = append(sums, money.Decimal()+" "+money.Currency)
			}
			if got := strings.Join(sums, " "); got != c.sums || summary.UnpricedCount != c.unpriced {
				t.Errorf("%s and %d unpriced, want %s and %d", got, summary.UnpricedCount, c.sums, c.unpriced)
			}
			if summary.SubscriptionCount != len(c.shapes) || !summary.Completeness.Complete {
				t.Errorf("%d subscriptions, complete %t", summary.SubscriptionCount, summary.Completeness.Complete)
			}
		})
	}
}

func TestSeatsAddUpOverWhatIsLive(t *testing.T) {
	seats := func(purchased, used int) func(*billing.Subscription) {
		return func(s *billing.Subscription) { s.Seats = &billing.SeatUsage{Purchased: &purchased, Used: &used} }
	}
	bought := func(s *billing.Subscription) { s.Seats = &billing.SeatUsage{Purchased: ptr(1000)} }
	summary := shaped(t, seats(10, 4), bought, withStatus(billing.StatusCanceled, seats(70, 7)), nothing).summary(nil)
	if s := summary.Seats; *s.Purchased != 1010 || *s.Used != 4 || *s.Available() != 6 || s.Pending != nil {
		t.Errorf("purchased %d, used %d, available %d, pending %v", *s.Purchased, *s.Used, *s.Available(), s.Pending)
	}
	bounded := func(s *billing.Subscription) { s.Seats = &billing.SeatUsage{Maximum: ptr(5)} }
	if s := shaped(t, nothing, bounded).summary(nil).Seats; s != nil {
		t.Errorf("nobody counts seats, and they add up to %+v", *s)
	}
}

func TestCountsLeaveOutWhatDoesNotOccur(t *testing.T) {
	w := newWorld(t, sample(1))
	w.billing.fail(&billing.Error{Code: billing.CodeSourceTimeout, Source: "billing"})
	for _, source := range []*made{w.focus, w.teams, w.psa} {
		source.shape = func(s *billing.Subscription) { s.Status = billing.StatusUnpaid }
	}
	w.psa.shape = func(s *billing.Subscription) { s.Status = billing.StatusTrialing }
	summary := w.summary(nil)
	var got []string
	for _, count := range summary.ByStatus {
		got = append(got, fmt.Sprint(count.Status, " ", count.Count))
	}
	for _, count := range summary.BySource {
		got = append(got, fmt.Sprint(count.Source.Name(), " ", count.Count))
	}
	if want := "TRIALING 1, UNPAID 2, focus 1, teams 1, psa 1"; strings.Join(got, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ", "), want)
	}
	if c := summary.Completeness; c.Complete || len(c.Failures()) != 1 {
		t.Errorf("complete %t, failures %v", c.Complete, c.Failures())
	}
	if n := w.summary(&portfolio.Filter{Statuses: []billing.Status{billing.StatusTrialing}}).SubscriptionCount; n != 1 {
		t.Errorf("%d are trialing, want 1", n)
	}
}

func TestASumIsInDoubtWhenAPriceCouldNotBeHad(t *testing.T) {
	w := newWorld(t, "- { id: a, subscriptions: [ { source: billing, organization: o-1, id: s-1 } ] }\n")
	w.billing.plans = &billing.Error{Code: billing.CodeSourceTimeout, Source: "billing", Op: "list plans"}
	w.billing.shape = withStatus(billing.StatusActive, func(s *billing.Subscription) { s.Price = nil })
	summary := w.summary(nil)
	if summary.UnpricedCount != 1 || summary.Completeness.Complete || len(summary.Completeness.Failures()) != 1 {
		t.Errorf("%d unpriced, complete %t, failures %v", summary.UnpricedCount, summary.Completeness.Complete, summary.Completeness.Failures())
	}
	w.billing.shape = withStatus(billing.StatusActive, costing(5, "USD"))
	w.forget()
	if summary := w.summary(nil); !summary.Completeness.Complete || len(summary.MonthlyRecurring) != 1 {
		t.Errorf("a price that is known without the catalogue: complete %t, %v", summary.Completeness.Complete, summary.MonthlyRecurring)
	}
}

func TestUpcoming(t *testing.T) {
	full := func(s *billing.Subscription) {
		s.NextBillingAt, s.EndedAt = in(10), in(25)
		s.Trial = &billing.Trial{StartsAt: in(-5), EndsAt: in(5)}
		s.PendingChange = &billing.PendingChange{EffectiveAt: in(12)}
		s.PaymentMethod = &billing.PaymentMethod{CardExpiresAt: in(15)}
		s.Discounts = []billing.Discount{{EndsAt: in(20)}, {}, {EndsAt: in(21)}}
	}
	canceled := func(at *time.Time) func(*billing.Subscription) {
		return func(s *billing.Subscription) {
			s.Cancellation = &billing.Cancellation{EffectiveAt: at, AtPeriodEnd: true}
		}
	}
	both := func(shapes ...func(*billing.Subscription)) func(*billing.Subscription) {
		return func(s *billing.Subscription) {
			for _, shape := range shapes {
				shape(s)
			}
		}
	}
	at := func(days int) func(*billing.Subscription) {
		return func(s *billing.Subscription) { s.NextBillingAt = in(days) }
	}
	cases := map[string]struct {
		shapes []func(*billing.Subscription)
		days   *int
		want   string
	}{
		"all there is, soonest first": {[]func(*billing.Subscription){full}, nil,
			"5 TRIAL_END, 10 RENEWAL, 12 PLAN_CHANGE, 15 CARD_EXPIRY, 20 DISCOUNT_END, 21 DISCOUNT_END, 25 END"},
		"only so many days":               {[]func(*billing.Subscription){full}, ptr(12), "5 TRIAL_END, 10 RENEWAL, 12 PLAN_CHANGE"},
		"30 days where none are named":    {[]func(*billing.Subscription){at(30), at(31)}, nil, "30 RENEWAL"},
		"a year and a day at most":        {[]func(*billing.Subscription){at(366), at(367)}, ptr(366), "366 RENEWAL"},
		"what is now or was is not ahead": {[]func(*billing.Subscription){at(0), at(-1)}, nil, ""},
		"nothing comes at the end or after it": {[]func(*billing.Subscription){both(full, canceled(in(12)))}, nil,
			"5 TRIAL_END, 10 RENEWAL, 12 CANCELLATION"},
		"a cancellation at the renewal takes its place":     {[]func(*billing.Subscription){both(at(9), canceled(in(9)))}, nil, "9 CANCELLATION"},
		"an end that was asked for is no END":               {[]func(*billing.Subscription){both(full, canceled(nil))}, ptr(26), "5 TRIAL_END, 10 RENEWAL, 12 PLAN_CHANGE, 15 CARD_EXPIRY, 20 DISCOUNT_END, 21 DISCOUNT_END, 25 CANCELLATION"},
		"an end that has passed stops nothing that is live": {[]func(*billing.Subscription){both(at(9), canceled(in(-3)))}, nil, "9 RENEWAL"},
		"a canceled one has its end ahead and no more":      {[]func(*billing.Subscription){withStatus(billing.StatusCanceled, both(full, canceled(in(14))))}, nil, "14 CANCELLATION"},
		"one that is over has nothing ahead":                {[]func(*billing.Subscription){withStatus(billing.StatusExpired, both(full, func(s *billing.Subscription) { s.EndedAt = in(-1) }))}, nil, ""},
		"one that is not live does not renew":               {[]func(*billing.Subscription){withStatus(billing.StatusPaused, full)}, ptr(12), "5 TRIAL_END, 12 PLAN_CHANGE"},
		"one that is past due does":                         {[]func(*billing.Subscription){withStatus(billing.StatusPastDue, at(3))}, nil, "3 RENEWAL"},
		"two at once go by id":                              {[]func(*billing.Subscription){at(3), at(2), at(3)}, nil, "2 RENEWAL, 3 RENEWAL, 3 RENEWAL"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			events, err := shaped(t, c.shapes...).summary(nil).Upcoming(c.days)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for i, event := range events {
				got = append(got, fmt.Sprint(int(event.At.Sub(now)/(24*time.Hour)), " ", event.Kind))
				if i > 0 && event.At.Equal(events[i-1].At) && event.Kind == events[i-1].Kind && event.Subscription.ID() <= events[i-1].Subscription.ID() {
					t.Errorf("event %d comes before one of a smaller id", i)
				}
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("got %s, want %s", strings.Join(got, ", "), c.want)
			}
		})
	}
	for _, days := range []int{0, -1, 367, math.MinInt32} {
		if _, err := shaped(t, nothing).summary(nil).Upcoming(&days); billing.CodeOf(err) != billing.CodeBadUserInput || !strings.Contains(billing.ClientMessage(err), fmt.Sprint("days is ", days)) {
			t.Errorf("%d days: %v", days, err)
		}
	}
}
