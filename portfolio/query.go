// Package portfolio answers across sources: lists, their order and their
// pages, sums, and which source an answer lacks.
package portfolio

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"tributary/accounts"
	"tributary/billing"
	"tributary/loaders"
)

// Portfolio is what all lists share.
type Portfolio struct {
	Directory func() *accounts.Directory
	Sources   *loaders.Set
	Cursors   Cursors
	// ScanLimit bounds how many holdings, and how many subscriptions, one list
	// reads where it needs them all.
	ScanLimit int

	whole atomic.Pointer[wholeDirectory]
}

// The number of rows in a page.
const (
	DefaultPage = 20
	LargestPage = 100
)

// Filter narrows a list; nil fields do not, an empty list matches nothing.
type Filter struct {
	Sources         []string
	Statuses        []billing.Status
	Accounts        []string
	Plan            *string
	RenewsBefore    *time.Time
	TrialEndsBefore *time.Time
}

// Order sorts a list. Ties are broken by id.
type Order struct {
	Field     OrderField
	Direction Direction
}

// OrderField is what a list is sorted by.
type OrderField string

// The fields to sort by.
const (
	ByID            OrderField = "ID"
	ByPlanName      OrderField = "PLAN_NAME"
	ByStatus        OrderField = "STATUS"
	ByRenewsAt      OrderField = "RENEWS_AT"
	ByMonthlyAmount OrderField = "MONTHLY_AMOUNT"
	BySeatsUnused   OrderField = "SEATS_UNUSED"
	ByUpdatedAt     OrderField = "UPDATED_AT"
)

// Direction is which end of a list comes first.
type Direction string

// The directions.
const (
	Ascending  Direction = "ASC"
	Descending Direction = "DESC"
)

// Page is the part of a list that was asked for: First with After, or Last
// with Before.
type Page struct {
	First  *int
	After  *string
	Last   *int
	Before *string
}

// window is a Page that has been checked.
type window struct {
	size     int
	backward bool
	cursor   string // "" for the list's end
}

// check returns the window, or a client's error that names what is wrong.
func (p Page) check() (window, error) {
	backward := p.Last != nil || p.Before != nil
	switch {
	case p.First != nil && p.Last != nil:
		return window{}, billing.Errorf(billing.CodeBadUserInput, "first and last exclude each other")
	case p.After != nil && p.Before != nil:
		return window{}, billing.Errorf(billing.CodeBadUserInput, "after and before exclude each other")
	case p.First != nil && p.Before != nil:
		return window{}, billing.Errorf(billing.CodeBadUserInput, "first goes with after; before goes with last")
	case p.Last != nil && p.After != nil:
		return window{}, billing.Errorf(billing.CodeBadUserInput, "last goes with before; after goes with first")
	}
	w := window{size: DefaultPage, backward: backward}
	name, size, cursor := "first", p.First, p.After
	if backward {
		name, size, cursor = "last", p.Last, p.Before
	}
	if size != nil {
		w.size = *size
	}
	if w.size < 1 || w.size > LargestPage {
		return window{}, billing.Errorf(billing.CodeBadUserInput, "%s is %d; a page has 1 to %d rows", name, w.size, LargestPage)
	}
	if cursor != nil {
		w.cursor = *cursor
	}
	if cursor != nil && *cursor == "" {
		return window{}, errCursor
	}
	return w, nil
}

// needsAll reports whether the filter can only be decided by looking at each
// subscription.
func (f *Filter) needsAll() bool {
	return f != nil && (f.Statuses != nil || f.Plan != nil || f.RenewsBefore != nil || f.TrialEndsBefore != nil)
}

// parts are the documents that filter and order look at beside a subscription's own.
func parts(f *Filter, o Order) loaders.Parts {
	var needed loaders.Parts
	if f != nil && f.Plan != nil || o.Field == ByPlanName || o.Field == ByMonthlyAmount {
		needed |= loaders.PartPlan
	}
	if f != nil && f.TrialEndsBefore != nil {
		needed |= loaders.PartTrial
	}
	return needed
}

// isEmpty reports whether the filter lets nothing through, whatever there is.
func (f *Filter) isEmpty() bool {
	return f != nil && (isEmpty(f.Sources) || isEmpty(f.Statuses) || isEmpty(f.Accounts))
}

func isEmpty[T any](list []T) bool { return list != nil && len(list) == 0 }

// check refuses a filter that names a source that there is not, or what can be
// no account's id.
func (f *Filter) check(set *loaders.Set) error {
	if f == nil {
		return nil
	}
	if len(f.Sources) > mostNamed {
		return tooMany("filter.sources", len(f.Sources))
	}
	for _, name := range f.Sources {
		if set.Source(name) == nil {
			names := make([]string, 0, len(set.Sources()))
			for _, source := range set.Sources() {
				names = append(names, source.Name())
			}
			return billing.Errorf(billing.CodeBadUserInput, "filter.sources: there is no source %.100q; the sources are %s", name, strings.Join(names, ", "))
		}
	}
	return checkAccounts("filter.accounts", f.Accounts)
}

// mostNamed bounds the sources or accounts that a filter names.
const mostNamed = 100

// checkAccounts refuses ids that can be no account's. argument names where they
// were given.
func checkAccounts(argument string, ids []string) error {
	if len(ids) > mostNamed {
		return tooMany(argument, len(ids))
	}
	for i, id := range ids {
		if _, err := accountName(id); err != nil {
			return billing.Errorf(billing.CodeBadUserInput, "%s: entry %d: %s", argument, i+1, billing.ClientMessage(err))
		}
	}
	return nil
}

func tooMany(argument string, n int) error {
	return billing.Errorf(billing.CodeBadUserInput, "%s has %d entries; at most %d are allowed", argument, n, mostNamed)
}

// overtime is the error for a list that nobody may wait for any more; nil while
// somebody may. Lists that kept answers serve never look at the time otherwise.
func overtime(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return &billing.Error{Code: billing.CodeSourceTimeout, Op: "list", Err: err, Message: "the time for the request ran out"}
	}
	return nil
}

// mostLooked bounds the subscriptions that all lists of an operation look at, as a
// multiple of what one may.
const mostLooked = 10

// overworked refuses a further list of an operation whose lists have looked at too
// much already.
func (p *Portfolio) overworked(ctx context.Context) error {
	if most := mostLooked * p.ScanLimit; loaders.From(ctx).Looked() > most {
		return billing.Errorf(billing.CodeLimitExceeded, "the lists of the operation look at more than %d subscriptions (%d times lists.scanLimit)", most, mostLooked)
	}
	return overtime(ctx)
}

// matches decides the part of the filter that looks at a subscription.
func (f *Filter) matches(s *loaders.Subscription, now time.Time) bool {
	if f == nil {
		return true
	}
	if f.Statuses != nil && !slices.Contains(f.Statuses, s.Status) {
		return false
	}
	if f.Plan != nil && !f.matchesPlan(s.Subscription.Plan) {
		return false
	}
	if f.RenewsBefore != nil && (s.NextBillingAt == nil || !s.NextBillingAt.Before(*f.RenewsBefore)) {
		return false
	}
	if f.TrialEndsBefore != nil {
		s.Turns()
		trial := s.Subscription.Trial
		return trial.IsActive(now) && trial.EndsAt != nil && trial.EndsAt.Before(*f.TrialEndsBefore)
	}
	return true
}

// matchesPlan compares with the plan's id at the source and, letter case
// aside, with its name.
func (f *Filter) matchesPlan(plan *billing.Plan) bool {
	if plan == nil {
		return false
	}
	return plan.ExternalID == *f.Plan || plan.Name != nil && strings.EqualFold(*plan.Name, *f.Plan)
}
