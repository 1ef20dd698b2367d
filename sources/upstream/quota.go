package upstream

import (
	"context"
	"net/http"
	"time"

	"tributary/billing"
)

// takeQuota asks the governor for a call, and again after a wait that is short
// enough. Its error is of a call that is held back.
func (c *Client) takeQuota(ctx context.Context, k *call) error {
	if c.governor == nil {
		return nil
	}
	for waited := time.Duration(0); ; {
		call := c.quotaCall(k)
		call.Background = billing.IsBackground(ctx) // unless somebody has come to wait for it
		decision := c.governor.Take(ctx, call)
		c.health.quota(decision.Left, decision.ResetsAt) // until an answer says better
		if decision.Allowed {
			return nil
		}
		wait := max(decision.Wait, time.Millisecond)
		waited += wait
		if call.Background || waited > c.config.Quota.Wait || isTooLate(ctx, k.partition, wait) {
			c.counts.noQuota.Add(1)
			err := c.hold(k, billing.CodeSourceRateLimited, errNoQuota, c.now().Add(decision.Wait)).err
			if e, ok := billing.AsError(err); ok && !e.Own && !billing.IsBackground(ctx) {
				c.health.hampered(e)
			}
			return err
		}
		pause(ctx, wait)
		if err := c.due(ctx, k); err != nil {
			return err
		}
	}
}

func (c *Client) quotaCall(k *call) QuotaCall {
	call := QuotaCall{Source: c.source, Tenant: k.partition.tenant, Quota: *c.config.Quota}
	if c.quotaByOrg {
		call.Tenant += "." + k.req.Org
	}
	return call
}

// learn takes in what an answer said of the quota. err is what the status table
// made of it.
func (c *Client) learn(ctx context.Context, k *call, resp *Response, err error) {
	if resp == nil {
		return
	}
	seen := resp.quota
	c.health.quota(seen.Left, seen.ResetsAt)
	if e, ok := billing.AsError(err); ok && e.Code == billing.CodeSourceRateLimited {
		seen.Exhausted = true
		if !e.RetryAfter.IsZero() {
			seen.ResetsAt = e.RetryAfter
		}
	}
	if c.governor != nil && seen != (QuotaSeen{}) {
		// What was seen is so whether or not the caller still waits for it.
		c.governor.Learn(context.WithoutCancel(ctx), c.quotaCall(k), seen)
	}
}

// readQuota reads what every API calls alike. When a window ends is seconds here and
// a point in time there, which as seconds would be too far off to be taken.
func (c *Client) readQuota(header http.Header) QuotaSeen {
	return QuotaSeen{
		Left:     IntHeader(header, "X-Ratelimit-Remaining"),
		Limit:    IntHeader(header, "X-Ratelimit-Limit"),
		ResetsAt: c.SecondsHeader(header, "X-Ratelimit-Reset"),
	}
}

// QuotaResetsAt is when the window of the source's quota ends, as the answer says;
// zero where it does not.
func (r *Response) QuotaResetsAt() time.Time { return r.quota.ResetsAt }

// Quota adds what a status table read of its source's quota in an answer; nil
// and zero leave what is known as it is.
func (r *Response) Quota(remaining *int, resetsAt time.Time) {
	if remaining != nil {
		r.quota.Left = remaining
	}
	if !resetsAt.IsZero() {
		r.quota.ResetsAt = resetsAt
	}
}
