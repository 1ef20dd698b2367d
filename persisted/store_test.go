package persisted_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tributary/persisted"
	"tributary/redistest"
)

// brisk is the timeout of tests in which Redis fails, patient that of the
// others; generous is what a busy machine may add to a wait.
const (
	brisk    = 100 * time.Millisecond
	patient  = 5 * time.Second
	generous = 2 * time.Second
)

// replica has a client of its own.
func replica(t testing.TB, server *redistest.Server, settings persisted.Settings, timeout time.Duration) *persisted.Documents {
	t.Helper()
	return open(t, settings, persisted.Options{Redis: dial(t, server, timeout), Timeout: timeout})
}

func register(t *testing.T, d *persisted.Documents, text string) {
	t.Helper()
	expect(t, resolve(d, byHash(sha(text), text)), text)
}

func TestMemoryIsBoundedByEntriesAndBytes(t *testing.T) {
	for name, bound := range map[string]func(*persisted.APQ){
		"entries": func(a *persisted.APQ) { a.Entries = 2 },
		"bytes":   func(a *persisted.APQ) { a.Memory, a.Largest = 700, 100 },
	} {
		t.Run(name, func(t *testing.T) {
			settings := defaults()
			bound(&settings.APQ)
			d := open(t, settings, persisted.Options{})
			register(t, d, ann)
			register(t, d, bob)
			register(t, d, bob)
			expect(t, resolve(d, byHash(sha(ann), "")), ann) // used later than bob
			register(t, d, "{ third }")
			expect(t, resolve(d, byHash(sha(ann), "")), ann)
			expect(t, resolve(d, byHash(sha("{ third }"), "")), "{ third }")
			expect(t, resolve(d, byHash(sha(bob), "")), notFound)
		})
	}
}

func TestADocumentThatIsTooLongIsExecutedButNotKept(t *testing.T) {
	settings := defaults()
	settings.APQ.Largest = 20
	d := open(t, settings, persisted.Options{})
	register(t, d, ann)
	expect(t, resolve(d, byHash(sha(ann), "")), notFound)
	register(t, d, strings.Repeat("x", 20))
	expect(t, resolve(d, byHash(sha(strings.Repeat("x", 20)), "")), strings.Repeat("x", 20))
}

func TestADocumentIsKeptSinceItsLastUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, defaults(), persisted.Options{})
		register(t, d, ann)
		for range 3 {
			time.Sleep(23 * time.Hour)
			expect(t, resolve(d, byHash(sha(ann), "")), ann)
		}
		time.Sleep(25 * time.Hour)
		expect(t, resolve(d, byHash(sha(ann), "")), notFound)
	})
}

func TestManyAtOnce(t *testing.T) {
	settings := defaults()
	settings.APQ.Entries = 5
	d := open(t, settings, persisted.Options{})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 200 {
				text := fmt.Sprint("{ field", (i+j)%20, " }")
				register(t, d, text)
				if got := resolve(d, byHash(sha(text), "")); got != text && got != notFound {
					t.Errorf("asked for %s, got %s", text, got)
				}
			}
		})
	}
	all.Wait()
}

func TestReplicasShareWhatIsRegistered(t *testing.T) {
	server := redistest.Start(t)
	raw := dial(t, server, patient)
	one, other := replica(t, server, defaults(), patient), replica(t, server, defaults(), patient)
	register(t, one, ann)
	key := "tributary:apq:" + sha(ann)
	raw.Expire(ctx, key, time.Hour)
	expect(t, resolve(other, byHash(sha(ann), "")), ann)
	if ttl := raw.TTL(ctx, key).Val(); ttl < 23*time.Hour {
		t.Errorf("after its use it is kept for %v", ttl)
	}
	raw.FlushAll(ctx)
	expect(t, resolve(other, byHash(sha(ann), "")), ann) // from memory
	expect(t, resolve(replica(t, server, defaults(), patient), byHash(sha(ann), "")), notFound)
	if faults := one.Stats().Faults + other.Stats().Faults; faults != 0 {
		t.Errorf("%d faults", faults)
	}
}

func TestNobodyFillsRedis(t *testing.T) {
	server := redistest.Start(t)
	settings := defaults()
	settings.APQ.Memory, settings.APQ.Largest = 4096, 1024
	d := replica(t, server, settings, patient)
	for i := range 50 {
		text := fmt.Sprintf("{ field%d }%s", i, strings.Repeat("#", 700))
		register(t, d, text)
		register(t, d, text) // is there already
		expect(t, resolve(d, byHash(sha(text), "")), text)
	}
	if n := dial(t, server, patient).DBSize(ctx).Val(); n != 4 {
		t.Errorf("there are %d documents in Redis", n)
	}
}

func TestNobodySwapsADocumentInRedis(t *testing.T) {
	server := redistest.Start(t)
	raw := dial(t, server, patient)
	key := "tributary:apq:" + sha(ann)
	for name, poison := range map[string]func(){
		"another text": func() { raw.Set(ctx, key, bob, 0) },
		"a longer one": func() { raw.Set(ctx, key, ann+strings.Repeat(" ", 1<<20), 0) },
		"not UTF-8":    func() { raw.Set(ctx, key, "\xff", 0) },
		"no text":      func() { raw.LPush(ctx, key, ann) },
		"an empty one": func() { raw.Set(ctx, key, "", 0) },
		"nothing":      func() { raw.Del(ctx, key) },
	} {
		t.Run(name, func(t *testing.T) {
			raw.Del(ctx, key)
			poison()
			d := replica(t, server, defaults(), patient)
			expect(t, resolve(d, byHash(sha(ann), "")), notFound)
			register(t, d, ann) // mends it
			expect(t, resolve(replica(t, server, defaults(), patient), byHash(sha(ann), "")), ann)
		})
	}
}

func TestARedisThatOnlyReadsIsReadFrom(t *testing.T) {
	server := redistest.Start(t)
	raw := dial(t, server, patient)
	register(t, replica(t, server, defaults(), patient), ann)
	if err := raw.Do(ctx, "REPLICAOF", "127.0.0.1", "1").Err(); err != nil {
		t.Fatal(err)
	}
	d := replica(t, server, defaults(), patient)
	expect(t, resolve(d, byHash(sha(ann), "")), ann)
	register(t, d, bob)
	expect(t, resolve(d, byHash(sha(bob), "")), bob)
}

func TestWithoutRedisEachReplicaKeepsItsOwn(t *testing.T) {
	for _, fault := range []struct {
		name         string
		happen, mend func(*redistest.Server)
	}{
		{"it hangs", (*redistest.Server).Pause, (*redistest.Server).Resume},
		{"it is gone", (*redistest.Server).Kill, (*redistest.Server).Restart},
	} {
		t.Run(fault.name, func(t *testing.T) {
			server := redistest.Start(t)
			d := replica(t, server, defaults(), brisk)
			fault.happen(server)
			begun := time.Now()
			for i := range 50 {
				text := fmt.Sprint("{ field", i, " }")
				expect(t, resolve(d, byHash(sha(text), "")), notFound)
				register(t, d, text)
				expect(t, resolve(d, byHash(sha(text), "")), text)
			}
			if took := time.Since(begun); took > brisk+generous {
				t.Errorf("150 requests took %v", took)
			}
			if d.Stats().Faults == 0 {
				t.Error("the fault was not counted")
			}
			fault.mend(server)
			raw := dial(t, server, patient)
			eventually(t, "it registers in Redis again", func() bool {
				register(t, d, ann)
				return raw.Exists(ctx, "tributary:apq:"+sha(ann)).Val() == 1
			})
		})
	}
}
