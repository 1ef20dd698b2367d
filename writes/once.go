package writes

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"tributary/access"
	"tributary/billing"
	"tributary/ledger"
)

const longestKey = 255 // bytes

// once makes the write, or answers with what came of it before.
func (r *run) once(ctx context.Context) *Result {
	if len(r.check) > 0 {
		return failed(refusals(r.check))
	}
	if err := ctx.Err(); err != nil {
		return failed(r.outOfTime(err))
	}
	if r.key == nil {
		return r.alone(ctx, nil)
	}
	if *r.key == "" || len(*r.key) > longestKey {
		return failed(refuse(billing.CodeBadUserInput, "", []string{"idempotencyKey"},
			fmt.Sprintf("an idempotency key has 1 to %d bytes, this one has %d", longestKey, len(*r.key))))
	}
	digest, err := r.digest()
	if err != nil {
		return failed(err)
	}
	owner, id := r.keyIDOf(ctx)
	r.keyID = id
	waiting, cancel := context.WithTimeout(ctx, keyTime)
	defer cancel()
	claim, past, err := r.Ledger.Begin(waiting, owner, id, digest)
	switch {
	case err != nil:
		return failed(r.keyError(ctx, err))
	case past != nil && past.Answer != nil:
		return r.replay(past.Answer)
	case past != nil:
		return r.afterDeath(ctx, claim)
	default:
		return r.claimed(ctx, claim)
	}
}

// digest tells one input from another. It is keyed, for inputs hold tokens.
func (r *run) digest() ([]byte, error) {
	input, err := json.Marshal(r.input)
	if err != nil {
		return nil, fmt.Errorf("digest the input: %w", err)
	}
	mac := hmac.New(sha256.New, r.Secret)
	fmt.Fprintf(mac, "%s\n%s\n%s\n", r.mutation, r.source.Name(), r.target)
	mac.Write(input)
	return mac.Sum(nil), nil
}

// keyIDOf names whose the key is (the caller, with the credentials of its own
// that sources are asked with) and the key with that. Both follow from no
// setting, so that a configuration which changes between a write and its
// repetition makes no second write.
func (r *run) keyIDOf(ctx context.Context) (owner, id string) {
	sum := sha256.New()
	part := func(text string) { fmt.Fprintf(sum, "%d:%s", len(text), text) }
	part(access.From(ctx).Subject)
	for _, source := range r.Sources.Sources() {
		if borrowed := source.Borrowed(ctx); borrowed != "" {
			part(source.Name())
			part(borrowed)
		}
	}
	owner = base64.RawURLEncoding.EncodeToString(sum.Sum(nil))
	io.WriteString(sum, "key")
	part(*r.key)
	return owner, base64.RawURLEncoding.EncodeToString(sum.Sum(nil))
}

func (r *run) keyError(ctx context.Context, err error) error {
	field := []string{"idempotencyKey"}
	var full *ledger.FullError
	switch {
	case ctx.Err() != nil:
		return r.outOfTime(err)
	case errors.Is(err, ledger.ErrOtherInput):
		return refuse(billing.CodeBadUserInput, "", field,
			"this idempotency key was used with another input within the last 24 hours; a new write takes a new key")
	case errors.Is(err, ledger.ErrBusy):
		return refuse(billing.CodeConflict, "", field,
			"a write with this idempotency key is still under way; ask again with the same key to learn what came of it")
	case errors.As(err, &full):
		whose := "of this caller"
		if full.All {
			whose = "of all callers"
		}
		return &billing.Error{Code: billing.CodeRateLimited, Op: claiming, RetryAfter: full.Until, Err: err,
			Message: fmt.Sprintf("The gateway keeps %d idempotency keys %s, and no more, so nothing was sent. The key is new: leave it out, or wait until an older one is forgotten.", full.Keys, whose)}
	default:
		// A repetition without its key could be a second write.
		return &billing.Error{Code: billing.CodeInternal, Op: claiming, Err: err,
			Message: "The store that keeps idempotency keys does not answer, so nothing was sent this time. Repeat it with the same key once the store is back; only a write that was never asked for before may leave the key out."}
	}
}

const claiming = "claim an idempotency key"

// claimed makes the write and keeps what came of it, unless the source surely
// did nothing: then a repetition may try again.
func (r *run) claimed(ctx context.Context, claim *ledger.Claim) *Result {
	defer claim.Abandon() // after a panic nobody knows what came of the write
	result := r.alone(ctx, claim)
	undone := result.Fault != nil && result.Fault.Code != billing.CodeOutcomeUnknown
	if !r.sent || undone {
		claim.Release(ctx)
		return result
	}
	r.finish(ctx, claim, result)
	return result
}

// afterDeath tells of a write that a process died in the middle of. What could
// not be read is not kept: the next repetition looks again.
func (r *run) afterDeath(ctx context.Context, claim *ledger.Claim) *Result {
	defer claim.Abandon()
	ctx = context.WithoutCancel(ctx)
	r.drop(ctx, doubt)
	result := r.inDoubt(ctx, errors.New("the gateway died while it made the write"))
	if result.Fault.Seen != billing.SeenNothing || result.Subscription != nil {
		r.finish(ctx, claim, result)
	}
	return result
}

// finish keeps an answer; where that fails, a repetition will be in doubt.
func (r *run) finish(ctx context.Context, claim *ledger.Claim, result *Result) {
	answer, err := r.keep(result)
	if err == nil {
		err = claim.Finish(ctx, answer)
	}
	if err != nil {
		r.Log.ErrorContext(ctx, "the answer to a write cannot be kept", "mutation", r.mutation, "error", err)
	}
}

func (r *run) replay(answer []byte) *Result {
	result, err := r.recall(answer)
	if err != nil {
		return failed(&billing.Error{Code: billing.CodeOutcomeUnknown, Source: r.source.Name(), Op: "replay", Err: err,
			Message: "A write with this key was made before, and what came of it can no longer be read. Read the subscription.", Seen: billing.SeenNothing})
	}
	r.ending = Replayed
	return result
}
