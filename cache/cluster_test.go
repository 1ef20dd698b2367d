package cache_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tributary/billing"
	"tributary/cache"
	"tributary/redistest"
)

// startCluster starts nodes that share the slots, and returns their addresses.
func startCluster(t *testing.T, nodes int) []string {
	t.Helper()
	redistest.Start(t) // so that redis-server is there
	ctx := context.Background()
	var addrs, buses []string
	var clients []*redis.Client
	for range nodes {
		addr, bus := startNode(t)
		client := redis.NewClient(&redis.Options{Addr: addr})
		t.Cleanup(func() { client.Close() })
		addrs, buses, clients = append(addrs, addr), append(buses, bus), append(clients, client)
	}
	const slots = 16384
	for i, client := range clients {
		if err := client.ClusterAddSlotsRange(ctx, i*slots/nodes, (i+1)*slots/nodes-1).Err(); err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			host, port, _ := net.SplitHostPort(addrs[0])
			if err := client.Do(ctx, "CLUSTER", "MEET", host, port, buses[0]).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, client := range clients {
		eventually(t, "the Cluster is whole", func() bool {
			info := client.ClusterInfo(ctx).Val()
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_slots_assigned:"+strconv.Itoa(slots))
		})
	}
	return addrs
}

// startNode returns the addresses for clients and of the bus to other nodes.
func startNode(t *testing.T) (addr, bus string) {
	t.Helper()
	port, bus := freePort(t), freePort(t)
	command := exec.Command("redis-server", "--bind", "127.0.0.1", "--port", port, "--cluster-port", bus,
		"--cluster-enabled", "yes", "--save", "", "--dir", t.TempDir())
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill() // an error says that it has ended
		_ = command.Wait()
	})
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "Ready to accept connections") {
			return net.JoinHostPort("127.0.0.1", port), bus
		}
	}
	t.Fatal("a node did not start")
	return "", ""
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func TestDropReachesEveryReplicaOfACluster(t *testing.T) {
	addrs := startCluster(t, 3)
	open := func() *cache.Cache {
		r, err := cache.OpenRedis(cache.RedisConfig{Addrs: addrs, Timeout: patient})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		return newCache(t, cache.Options{Redis: r})
	}
	one, other := open(), open()
	awaitHearing(t, one, other)
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs})
	defer client.Close()
	s, ctx := has("Old"), context.Background()
	// A plain channel's messages would be carried to all nodes.
	sharded := int64(0)
	for _, addr := range addrs {
		node := redis.NewClient(&redis.Options{Addr: addr})
		sharded += node.PubSubShardNumSub(ctx, cache.DropsChannel).Val()[cache.DropsChannel]
		node.Close()
	}
	if sharded != 2 {
		t.Errorf("%d replicas listen to the sharded channel", sharded)
	}
	var keys []cache.Key
	var subjects []cache.Subject
	for i := range 20 {
		keys = append(keys, tenantKey("alice", fmt.Sprint(i)), tenantKey("bob", fmt.Sprint(i, "?billing-account")))
		subjects = append(subjects, subject(fmt.Sprint(i)))
	}
	kept := func() (n int64) {
		for _, k := range keys {
			n += client.Exists(ctx, k.String()).Val()
		}
		return n
	}
	cache.Through(ctx, one, codec, policy, keys, s.fetch)
	eventually(t, "all is kept", func() bool { return kept() == int64(len(keys)) })
	cache.Through(ctx, other, codec, policy, keys, s.fetch)
	if s.asked() != 1 {
		t.Fatalf("the source was asked %d times", s.asked())
	}
	s.set("New")
	begun := time.Now()
	open().Drop(ctx, subjects[:19], "a write", 0) // knows none of the keys
	one.Drop(ctx, subjects[:19], "a write", 0)
	if took := time.Since(begun); took > 2*cache.AcknowledgeWithin {
		t.Errorf("they took %v", took)
	}
	expectAcknowledged(t, one, 0)
	if n := kept(); n != 2 {
		t.Errorf("%d entries are left of those of one subject", n)
	}
	for i, k := range keys {
		want := "New FRESH MISS"
		if i >= 38 {
			want = "Old FRESH HIT"
		}
		expect(t, look(other, policy, s, k), want)
	}
}

func TestReplicasOfAClusterFetchOnce(t *testing.T) {
	addrs := startCluster(t, 3)
	var caches []*cache.Cache
	for range 3 {
		r, err := cache.OpenRedis(cache.RedisConfig{Addrs: addrs, Timeout: patient})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		caches = append(caches, newCache(t, cache.Options{Redis: r}))
	}
	awaitHearing(t, caches...)
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs})
	defer client.Close()
	slow, none, keys := slowSource("Acme"), &source{}, keysUpTo(20)
	type answers = map[cache.Key]cache.Answer[*billing.Subscription]
	got := make(chan answers, len(caches))
	go func() { got <- cache.Through(t.Context(), caches[0], codec, policy, keys, slow.fetch) }()
	eventually(t, "the source is asked", func() bool { return slow.asked() == 1 })
	for _, c := range caches[1:] {
		go func() { got <- cache.Through(t.Context(), c, codec, policy, keys, none.fetch) }()
	}
	for _, k := range keys {
		eventually(t, "another replica waits", func() bool {
			return strings.HasSuffix(client.Get(t.Context(), cache.Lease(k)).Val(), "+")
		})
	}
	close(slow.release)
	begun := time.Now()
	for range caches {
		for _, answer := range <-got {
			expect(t, answer, "Acme FRESH MISS")
		}
	}
	if took := time.Since(begun); took > cache.LeaseTime {
		t.Errorf("it took %v, so nobody was told", took)
	}
	if none.asked() != 0 {
		t.Errorf("the others made %d fetches", none.asked())
	}
}
