package portfolio

import (
	"tributary/billing"
	"tributary/loaders"
)

// Completeness says what an answer across sources lacks.
type Completeness struct {
	Complete  bool
	Truncated bool
	Sources   []*SourceCompleteness

	failures []error
}

// SourceCompleteness is one source's part in an answer.
type SourceCompleteness struct {
	Source  *loaders.Source
	Outcome SourceOutcome
	Count   int
	Error   *loaders.SourceError

	isDown bool // it failed in a way that makes asking it again for this answer idle
}

// SourceOutcome is what became of asking a source.
type SourceOutcome string

// The outcomes.
const (
	OutcomeOK       SourceOutcome = "OK"
	OutcomeStale    SourceOutcome = "STALE"
	OutcomeFailed   SourceOutcome = "FAILED"
	OutcomeNotAsked SourceOutcome = "NOT_ASKED"
)

// Failures is one error for each source that failed.
func (c *Completeness) Failures() []error { return c.failures }

// census keeps the books of one answer.
type census struct {
	order  []*SourceCompleteness
	byName map[string]*SourceCompleteness
	result Completeness
}

func newCensus(set *loaders.Set) *census {
	c := &census{byName: map[string]*SourceCompleteness{}}
	for _, source := range set.Sources() {
		part := &SourceCompleteness{Source: source, Outcome: OutcomeNotAsked}
		c.order = append(c.order, part)
		c.byName[source.Name()] = part
	}
	return c
}

// isDown reports a source that failed as a whole during this answer.
func (c *census) isDown(source string) bool { return c.byName[source].isDown }

func (c *census) note(source string, subs []*loaders.Subscription, err error) {
	part := c.byName[source]
	if err != nil {
		c.fail(part, err)
		return
	}
	if part.Outcome == OutcomeNotAsked {
		part.Outcome = OutcomeOK
	}
	part.Count += len(subs)
	for _, s := range subs {
		c.noteAge(part, s)
	}
}

// noteAge tells an old answer apart, and why it is no newer one.
func (c *census) noteAge(part *SourceCompleteness, s *loaders.Subscription) {
	provenance := s.CameBy()
	if provenance.Freshness == billing.Fresh || part.Outcome == OutcomeFailed {
		return
	}
	part.Outcome = OutcomeStale
	if part.Error == nil && provenance.Degraded != "" {
		part.Error = loaders.NewSourceError(&billing.Error{Code: provenance.Degraded, Source: s.Ref.Source})
	}
}

// noteFault tells of a document beside a subscription's own that the answer
// hangs on and that could not be had; nothing for nil.
func (c *census) noteFault(source string, err error) {
	if err != nil {
		c.fail(c.byName[source], err)
	}
}

// fail tells the first failure of a source once, and leaves it at that.
func (c *census) fail(part *SourceCompleteness, err error) {
	if part.Outcome != OutcomeFailed {
		part.Outcome = OutcomeFailed
		part.Error = loaders.NewSourceError(err)
		c.result.failures = append(c.result.failures, err)
	}
	if billing.IsOwn(err) {
		return
	}
	switch billing.CodeOf(err) {
	case billing.CodeSourceUnavailable, billing.CodeSourceTimeout,
		billing.CodeSourceRateLimited, billing.CodeSourceAuthFailed:
		part.isDown = true
	}
}

func (c *census) close() *Completeness {
	c.result.Sources = c.order
	c.result.Complete = !c.result.Truncated && len(c.result.failures) == 0
	return &c.result
}
