package redistest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tributary/redistest"
)

func TestMain(m *testing.M) {
	redis.SetLogger(silent{}) // tells of each server that is gone
	m.Run()
}

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// eventually fails the test where something has not happened after 20 seconds.
func eventually(t *testing.T, happened func() error) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for err := happened(); err != nil; err = happened() {
		select {
		case <-deadline:
			t.Fatal(err)
		case <-again.C:
		}
	}
}

func TestAClusterSurvivesTheDeathOfAMasterAndTakesItBack(t *testing.T) {
	cluster, ctx := redistest.StartCluster(t), context.Background()
	client := cluster.Client()
	for i := range 100 {
		if err := client.Set(ctx, fmt.Sprint(i), i, 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	// What a replica has not got yet when its master dies is lost.
	if err := client.ForEachMaster(ctx, func(ctx context.Context, master *redis.Client) error {
		return master.Wait(ctx, 1, 5*time.Second).Err()
	}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		cluster.Failover("7")
		for i := range 100 {
			eventually(t, func() error {
				if got, err := client.Get(ctx, fmt.Sprint(i)).Result(); err != nil || got != fmt.Sprint(i) {
					return fmt.Errorf("after a failover %d is %q, %v", i, got, err)
				}
				return nil
			})
		}
		cluster.Restart()
	}
}

func TestSentinelsHaveTheReplicaTakeOver(t *testing.T) {
	group, ctx := redistest.StartSentinel(t), context.Background()
	client := redis.NewFailoverClient(&redis.FailoverOptions{SentinelAddrs: group.Addrs(), MasterName: group.Master()})
	defer client.Close()
	if err := client.Set(ctx, "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if err := client.Wait(ctx, 1, 5*time.Second).Err(); err != nil {
		t.Fatal(err)
	}
	group.Failover()
	eventually(t, func() error {
		if err := client.Set(ctx, "l", "w", 0).Err(); err != nil {
			return err
		}
		if got := client.MGet(ctx, "k", "l").Val(); fmt.Sprint(got) != "[v w]" {
			return fmt.Errorf("after the failover there is %v", got)
		}
		return nil
	})
}

func TestAServerRefusesWhatItIsToldToAndEndsIt(t *testing.T) {
	for _, fault := range []struct {
		name          string
		begin, end    func(*redistest.Server)
		read, written string // the beginnings of what it says
		isEmptyAfter  bool
	}{
		{"full", (*redistest.Server).Fill, func(s *redistest.Server) { s.SetMaxMemory(0) }, "$1", "-OOM", false},
		{"read-only", (*redistest.Server).MakeReadOnly, (*redistest.Server).MakeWritable, "$1", "-READONLY", false},
		{"forbidden", (*redistest.Server).Forbid, (*redistest.Server).Allow, "-NOPERM", "-NOPERM", false},
		{"busy", (*redistest.Server).Occupy, (*redistest.Server).Relieve, "-BUSY", "-BUSY", false},
		{"flushed", (*redistest.Server).Flush, func(*redistest.Server) {}, "$-1", "+OK", true},
	} {
		t.Run(fault.name, func(t *testing.T) {
			server := redistest.Start(t)
			expect := func(command, want string) {
				t.Helper()
				got, err := ask(server.Addr(), command, 5*time.Second)
				if err != nil || len(got) < len(want) || got[:len(want)] != want {
					t.Errorf("%s is answered %q, %v, want %s", command, got, err, want)
				}
			}
			expect("SET k v", "+OK")
			fault.begin(server)
			expect("GET k", fault.read)
			expect("SET l v", fault.written)
			fault.end(server)
			expect("SET m v", "+OK")
			if !fault.isEmptyAfter {
				expect("GET k", "$1")
			}
		})
	}
}
