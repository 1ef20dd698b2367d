package billing

import (
	"math/big"
	"time"
)

// IsActive reports a running trial or a running paid subscription.
func (s *Subscription) IsActive() bool {
	return s.Status == StatusTrialing || s.Status == StatusActive
}

// IsEntitled reports whether the customer may use the product at now:
//   - TRIALING and ACTIVE: yes.
//   - PAST_DUE: yes, until the grace period ends where the source names one.
//   - CANCELED: yes while the end that was paid for is still ahead.
//   - all else, UNKNOWN included: no.
//
// It looks at nothing that a source keeps in another document, so that it is
// the same whatever else is asked for.
func (s *Subscription) IsEntitled(now time.Time) bool {
	switch s.Status {
	case StatusTrialing, StatusActive:
		return true
	case StatusPastDue:
		return s.GracePeriodEndsAt == nil || now.Before(*s.GracePeriodEndsAt)
	case StatusCanceled:
		return s.Cancellation != nil && s.Cancellation.AtPeriodEnd &&
			s.Cancellation.EffectiveAt != nil && now.Before(*s.Cancellation.EffectiveAt)
	default:
		return false
	}
}

// MonthlyRecurring is what the subscription brings in a month, before
// discounts and add-ons: the amount, times the purchased seats where it is per
// seat, over the interval's length in months (a year is 12; a day is 1/30.4375
// and a week 7/30.4375 of a month), rounded half away from zero to the minor unit.
// It is nil unless the subscription is TRIALING, ACTIVE or PAST_DUE and its
// amount, currency, basis and interval are known, and the seats where needed.
func (s *Subscription) MonthlyRecurring() *Money {
	live := s.IsActive() || s.Status == StatusPastDue
	if !live || s.Price == nil || s.Price.Amount == nil || s.Interval == nil || s.Interval.Count <= 0 {
		return nil
	}
	times := int64(1)
	switch s.Price.Per {
	case PerTotal:
	case PerSeat:
		if s.Seats == nil || s.Seats.Purchased == nil {
			return nil
		}
		times = int64(*s.Seats.Purchased)
	default:
		return nil
	}
	of, months := s.Interval.months()
	if of == 0 {
		return nil
	}
	minor, ok := proportion(s.Price.Amount.Minor, times, of, months, int64(s.Interval.Count))
	if !ok {
		return nil
	}
	return &Money{Minor: minor, Currency: s.Price.Amount.Currency}
}

// months says how many of the interval's unit make how many months; 0 for a unit
// that is not known.
func (i Interval) months() (of, months int64) {
	switch i.Unit { // a mean month has 30.4375 days
	case Day:
		return 304_375, 10_000
	case Week:
		return 304_375, 70_000
	case Month:
		return 1, 1
	case Year:
		return 1, 12
	default:
		return 0, 0
	}
}

// proportion is amount times times by of over months by count, rounded half away
// from zero; false where no int64 holds it. of and months are those of an interval.
func proportion(amount, times, of, months, count int64) (int64, bool) {
	const (
		mostAmount = 1 << 40 // of and months take less than 20 bits each
		mostTimes  = 1 << 20
	)
	isSmall := amount >= 0 && amount <= mostAmount && times >= 0 && times <= mostTimes && count <= mostTimes
	if total := amount * times; isSmall && total <= mostAmount {
		divisor := months * count
		return (2*total*of + divisor) / (2 * divisor), true
	}
	total := new(big.Int).Mul(big.NewInt(amount), big.NewInt(times))
	total.Mul(total, big.NewInt(of))
	divisor := new(big.Int).Mul(big.NewInt(months), big.NewInt(count))
	return round(new(big.Rat).SetFrac(total, divisor))
}

// round rounds half away from zero.
func round(r *big.Rat) (int64, bool) {
	half := big.NewRat(1, 2)
	if r.Sign() < 0 {
		half.Neg(half)
	}
	r = new(big.Rat).Add(r, half)
	q := new(big.Int).Quo(r.Num(), r.Denom())
	return q.Int64(), q.IsInt64()
}

// IsActive reports whether the trial runs at now: the source's own word where
// it gives one, else whether now lies between its dates.
func (t *Trial) IsActive(now time.Time) bool {
	switch {
	case t == nil:
		return false
	case t.EndsAt != nil && !now.Before(*t.EndsAt):
		return false
	case t.Running != nil:
		return *t.Running
	case t.StartsAt != nil && now.Before(*t.StartsAt):
		return false
	default:
		return t.EndsAt != nil
	}
}

// DaysRemaining is the number of days, begun ones counted whole, until the
// trial ends; nil where it does not run or its end is unknown.
func (t *Trial) DaysRemaining(now time.Time) *int {
	if t == nil || t.EndsAt == nil || !t.IsActive(now) {
		return nil
	}
	// In seconds: a time.Duration ends after 292 years, and some trials don't.
	const day = 24 * 60 * 60
	left := t.EndsAt.Unix() - now.Unix()
	if t.EndsAt.Nanosecond() > now.Nanosecond() {
		left++
	}
	days := int((left + day - 1) / day)
	return &days
}
