package upstream

import "time"

// Retry says how often a read is tried, and a write that surely never left.
type Retry struct {
	Attempts   int           `yaml:"attempts"`   // the first included; 1 never tries again
	Backoff    time.Duration `yaml:"backoff"`    // the longest wait before the second; each next may be twice as long
	MaxBackoff time.Duration `yaml:"maxBackoff"` // no wait is longer, but where the source asks for it
	Budget     float64       `yaml:"budget"`     // part of the calls of the last ten seconds that may be tried again, beyond a few
}

// Defaults fills in what the configuration leaves out.
func (r *Retry) Defaults() {
	*r = Retry{Attempts: 2, Backoff: 50 * time.Millisecond, MaxBackoff: time.Second, Budget: 0.1}
}

func (r *Retry) validate() error {
	switch {
	case r.Attempts < 1 || r.Attempts > 5:
		return &Invalid{"retry.attempts", "must lie between 1, which never tries again, and 5"}
	case r.Backoff < 0 || r.Backoff > time.Minute:
		return &Invalid{"retry.backoff", "must lie between 0s and 1m"}
	case r.MaxBackoff < r.Backoff || r.MaxBackoff > time.Minute:
		return &Invalid{"retry.maxBackoff", "must lie between retry.backoff and 1m"}
	case !isShare(r.Budget):
		return &Invalid{"retry.budget", "must be a share between 0 and 1"}
	}
	return nil
}

// Circuit says when a source is left alone for a while.
type Circuit struct {
	FailureRate float64       `yaml:"failureRate"` // part of the calls that failed which opens it; 0 for no circuit
	Window      time.Duration `yaml:"window"`      // over which the rate is taken
	Calls       int           `yaml:"calls"`       // fewer in a window do not open it
	Open        time.Duration `yaml:"open"`        // for how long no call goes through
	Probes      int           `yaml:"probes"`      // calls that go through then, and close it when all go well
}

// Defaults fills in what the configuration leaves out.
func (c *Circuit) Defaults() {
	*c = Circuit{FailureRate: 0.5, Window: 30 * time.Second, Calls: 20, Open: 5 * time.Second, Probes: 3}
}

func (c *Circuit) validate() error {
	switch {
	case !isShare(c.FailureRate):
		return &Invalid{"circuit.failureRate", "must be a share between 0, which never opens it, and 1"}
	case c.Window < 10*time.Millisecond || c.Window > time.Hour:
		return &Invalid{"circuit.window", "must lie between 10ms and 1h"}
	case c.Calls < 1 || c.Calls > 1e6:
		return &Invalid{"circuit.calls", "must lie between 1 and 1000000"}
	case c.Open < time.Millisecond || c.Open > time.Hour:
		return &Invalid{"circuit.open", "must lie between 1ms and 1h"}
	case c.Probes < 1 || c.Probes > 1000:
		return &Invalid{"circuit.probes", "must lie between 1 and 1000"}
	}
	return nil
}

// Bulkhead bounds the calls under way with the same credentials.
type Bulkhead struct {
	Calls int           `yaml:"calls"` // 0 for no bound
	Wait  time.Duration `yaml:"wait"`  // for room, at most
}

// Defaults fills in what the configuration leaves out.
func (b *Bulkhead) Defaults() { *b = Bulkhead{Calls: 64, Wait: time.Second} }

func (b *Bulkhead) validate() error {
	switch {
	case b.Calls < 0 || b.Calls > 10000:
		return &Invalid{"bulkhead.calls", "must lie between 0, which is no bound, and 10000"}
	case b.Wait < 0 || b.Wait > time.Minute:
		return &Invalid{"bulkhead.wait", "must lie between 0s and 1m"}
	}
	return nil
}

// Hedge says when a read that is slow is sent a second time beside the first.
type Hedge struct {
	After time.Duration `yaml:"after"` // 0 for never
}

func (h Hedge) validate() error {
	if h.After < 0 || h.After > 5*time.Minute {
		return &Invalid{"hedge.after", "must lie between 0s, which is never, and 5m"}
	}
	return nil
}

// Defaults fills in what the configuration leaves out.
func (q *Quota) Defaults() { *q = Quota{Reserve: 0.2, Wait: 250 * time.Millisecond} }

func (q *Quota) validate() error {
	for _, window := range q.Windows {
		switch {
		case window.Calls < 1:
			return &Invalid{"quota.windows", "needs calls of 1 or more in each"}
		case window.Per < time.Millisecond || window.Per > 366*24*time.Hour:
			return &Invalid{"quota.windows", "needs a per between 1ms and 8784h in each"}
		}
	}
	switch {
	case !(q.Reserve >= 0 && q.Reserve < 1):
		return &Invalid{"quota.reserve", "must be a share from 0 to below 1"}
	case q.Wait < 0 || q.Wait > time.Minute:
		return &Invalid{"quota.wait", "must lie between 0s and 1m"}
	}
	return nil
}

func isShare(f float64) bool { return f >= 0 && f <= 1 } // which NaN is not

// fillIn gives what is left out its defaults.
func (c *Config) fillIn() {
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	c.Retry, c.Circuit = orDefaults(c.Retry), orDefaults(c.Circuit)
	c.Bulkhead, c.Quota = orDefaults(c.Bulkhead), orDefaults(c.Quota)
}

func orDefaults[T any, P interface {
	*T
	Defaults()
}](written P) P {
	if written == nil {
		written = new(T)
		written.Defaults()
	}
	return written
}

// validateResilience returns the first *Invalid of the settings that are
// written, or nil.
func (c *Config) validateResilience() error {
	if c.Retry != nil {
		if err := c.Retry.validate(); err != nil {
			return err
		}
	}
	if c.Circuit != nil {
		if err := c.Circuit.validate(); err != nil {
			return err
		}
	}
	if c.Bulkhead != nil {
		if err := c.Bulkhead.validate(); err != nil {
			return err
		}
	}
	if c.Quota != nil {
		if err := c.Quota.validate(); err != nil {
			return err
		}
	}
	return c.Hedge.validate()
}
