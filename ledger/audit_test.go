package ledger_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tributary/ledger"
	"tributary/redistest"
)

const stream = "tributary:audit"

func TestTheAuditKeepsWhatWasRecorded(t *testing.T) {
	server := redistest.Start(t)
	raw, l := dial(t, server, 5*time.Second), replica(t, server)
	gone, leave := context.WithCancel(ctx)
	leave()
	l.Record(gone, "action", "cancel", "by", "caller")
	entries, err := raw.XRange(ctx, stream, "-", "+").Result()
	if err != nil || len(entries) != 1 || fmt.Sprint(entries[0].Values) != "map[action:cancel by:caller]" {
		t.Errorf("the stream holds %v, %v", entries, err)
	}
	if l.Lost() != 0 {
		t.Errorf("%d are lost", l.Lost())
	}
}

func TestTheAuditIsCapped(t *testing.T) {
	server := redistest.Start(t)
	raw, l := dial(t, server, 5*time.Second), replica(t, server)
	_, err := raw.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for range 12_000 {
			pipe.XAdd(ctx, &redis.XAddArgs{Stream: stream, Values: []string{"action", "cancel"}})
		}
		return nil
	})
	must(t, err)
	l.Record(ctx, "action", "change")
	// Redis trims by nodes of a hundred entries.
	if n := raw.XLen(ctx, stream).Val(); n < 10_000 || n > 10_200 {
		t.Errorf("the stream holds %d entries, want about 10,000", n)
	}
	last, err := raw.XRevRangeN(ctx, stream, "+", "-", 1).Result()
	if err != nil || len(last) != 1 || last[0].Values["action"] != "change" {
		t.Errorf("the last entry is %v, %v", last, err)
	}
}

func TestTheAuditCountsWhatItLoses(t *testing.T) {
	server := redistest.Start(t)
	l := hasty(t, server)
	l.Record(ctx, "a name without a value")
	if l.Lost() != 1 {
		t.Errorf("%d are lost, want 1", l.Lost())
	}
	server.Pause()
	l.Record(ctx, "action", "cancel")
	if l.Lost() != 2 {
		t.Errorf("%d are lost, want 2", l.Lost())
	}
}

func TestWithoutRedisThereIsNoAudit(t *testing.T) {
	l := ledger.New(nil, nil)
	l.Record(ctx, "action", "cancel")
	if l.Lost() != 0 {
		t.Errorf("%d are lost of none", l.Lost())
	}
}
