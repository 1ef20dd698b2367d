package writes

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"tributary/access"
	"tributary/billing"
)

// Ending is how a write ended, in a word.
type Ending string

// Done; done, says the source, and nothing shows it yet; left as it was by the
// source; refused for what the caller can mend; failed without having been made;
// in doubt; or answered as before.
const (
	Done      Ending = "done"
	Unshown   Ending = "unshown"
	Unchanged Ending = "unchanged"
	Refused   Ending = "refused"
	Failed    Ending = "failed"
	InDoubt   Ending = "unknown"
	Replayed  Ending = "replayed"
)

func endingOf(r *Result) Ending {
	switch {
	case r.Fault != nil && r.Fault.Code == billing.CodeOutcomeUnknown:
		return InDoubt
	case r.Fault != nil:
		return Failed
	case !r.Changed && len(r.Refusals) > 0:
		return Refused
	case !r.Changed:
		return Unchanged
	case r.Provenance.Confirmation == billing.NotConfirmed:
		return Unshown
	default:
		return Done
	}
}

// code is the first failure of a result; "" for none.
func (r *Result) code() billing.Code {
	switch {
	case r.Fault != nil:
		return r.Fault.Code
	case len(r.Refusals) > 0:
		return r.Refusals[0].Code
	default:
		return ""
	}
}

// record writes the audit line: who, what, about what, and how it ended. It
// holds nothing of the input but the id.
func (r *run) record(ctx context.Context, result *Result, took time.Duration) {
	if r.ending == "" {
		r.ending = endingOf(result)
	}
	r.Observe(r.mutation, r.sourceName(), r.ending)
	fields := []string{
		"mutation", r.mutation,
		"source", r.sourceName(),
		"target", r.target,
		"caller", access.From(ctx).Subject,
		"outcome", string(r.ending),
		"code", string(result.code()),
		"sent", strconv.FormatBool(r.sent),
		"requestId", r.RequestID(ctx),
		"idempotencyKeyHash", r.keyID,
	}
	attrs := make([]slog.Attr, 0, len(fields)/2+2)
	for i := 0; i < len(fields); i += 2 {
		attrs = append(attrs, slog.String(fields[i], fields[i+1])) // #nosec G602 -- fields are pairs
	}
	attrs = append(attrs, slog.Duration("duration", took))
	if result.Fault != nil && result.Fault.Err != nil {
		attrs = append(attrs, slog.String("cause", result.Fault.Err.Error()))
	}
	r.Log.LogAttrs(ctx, slog.LevelInfo, "write", attrs...)
	r.Ledger.Record(ctx, append(fields, "at", time.Now().UTC().Format(time.RFC3339Nano))...)
}
