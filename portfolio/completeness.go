package portfolio

import (
	"slices"

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
	parts  []*SourceCompleteness // in the order of the configuration
	result Completeness
}

func newCensus(set *loaders.Set) *census {
	sources := set.Sources()
	c := &census{parts: make([]*SourceCompleteness, len(sources))}
	parts := make([]SourceCompleteness, len(sources))
	for i, source := range sources {
		parts[i] = SourceCompleteness{Source: source, Outcome: OutcomeNotAsked}
		c.parts[i] = &parts[i]
	}
	return c
}

// of is the part of a source that there is.
func (c *census) of(source string) *SourceCompleteness {
	return c.parts[slices.IndexFunc(c.parts, func(part *SourceCompleteness) bool { return part.Source.Name() == source })]
}

// isDown reports a source that failed as a whole during this answer.
func (c *census) isDown(source string) bool { return c.of(source).isDown }

func (c *census) note(source string, subs []*loaders.Subscription, err error) {
	part := c.of(source)
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
		c.fail(c.of(source), err)
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
	c.result.Sources = c.parts
	c.result.Complete = !c.result.Truncated && len(c.result.failures) == 0
	return &c.result
}
