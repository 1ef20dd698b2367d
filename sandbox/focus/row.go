package focus

import (
	"strconv"
	"time"
)

// organization puts a row into the time that begins at start.
func (r row) organization(start time.Time) *organization {
	org := &organization{id: r.org, older: r.older, quota: quota{hourly: ordinary}}
	if r.quota != 0 {
		org.quota.hourly = r.quota
	}
	if r.trial.kind != "" {
		org.trial = &trial{
			id:        90000 + r.org,
			product:   r.product,
			kind:      r.trial.kind,
			startedAt: days(start, r.trial.began),
			cancelsAt: days(start, r.trial.until),
		}
	}
	if r.product != (product{}) {
		org.subscription = r.subscription(start)
	}
	return org
}

func (r row) subscription(start time.Time) *subscription {
	if r.seats == 0 {
		return &subscription{state: r.state, product: r.product}
	}
	number := strconv.FormatInt(r.org, 10)
	s := &subscription{
		id:          "sub_1OaFocus" + number,
		item:        "si_QxFocus" + number,
		customer:    "cus_NfFocus" + number,
		state:       r.state,
		product:     r.product,
		cents:       r.cents,
		currency:    r.currency,
		months:      r.months,
		seats:       r.seats,
		discount:    r.discount,
		declined:    r.declined,
		overdue:     r.overdue,
		startedAt:   days(start, r.began),
		periodEnd:   days(start, r.renews),
		cancelledAt: days(start, r.cancelled),
		endedAt:     days(start, r.ended),
	}
	s.periodStart = s.periodEnd.AddDate(0, -r.months, 0)
	if s.periodStart.Before(s.startedAt) {
		s.periodStart = s.startedAt
	}
	return s
}

// days is a number of days after start; zero for none.
func days(start time.Time, n int) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return start.AddDate(0, 0, n)
}
