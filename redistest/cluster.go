package redistest

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Cluster is a Redis Cluster of three masters, each with a replica that takes
// over about two seconds after its master is gone.
type Cluster struct {
	t     Owner
	nodes []*Server // the masters first, then the replica of each

	mu   sync.Mutex
	dead []*Server
}

const (
	slots   = 16384
	masters = 3
	// unheard is after how many milliseconds a node that says nothing counts as
	// failed.
	unheard = "1000"
)

// StartCluster starts six servers, joins them and waits until each knows all
// slots to be served and each replica has its master's data.
func StartCluster(t Owner) *Cluster {
	t.Helper()
	c := &Cluster{t: t}
	buses := make([]string, 2*masters)
	for i := range buses {
		c.nodes = append(c.nodes, start(t, func(string) []string {
			_, buses[i], _ = net.SplitHostPort(freeAddr(t))
			return slices.Concat(withoutDisk, []string{
				"--cluster-enabled", "yes", "--cluster-port", buses[i], "--cluster-node-timeout", unheard,
				"--cluster-replica-validity-factor", "0", "--cluster-allow-replica-migration", "no",
				"--repl-diskless-sync-delay", "0",
			})
		}))
	}
	host, port, _ := net.SplitHostPort(c.nodes[0].addr)
	for i, node := range c.nodes {
		node.Do("CLUSTER", "SET-CONFIG-EPOCH", i+1)
		if i < masters {
			node.Do("CLUSTER", "ADDSLOTSRANGE", i*slots/masters, (i+1)*slots/masters-1)
		}
		if i > 0 {
			node.Do("CLUSTER", "MEET", host, port, buses[0])
		}
	}
	await(t, "all nodes of the Cluster know each other", func() bool {
		return c.all(func(node *Server) bool { return len(node.known()) == len(c.nodes) })
	})
	for i, replica := range c.nodes[masters:] {
		replica.Do("CLUSTER", "REPLICATE", c.nodes[i].Do("CLUSTER", "MYID"))
	}
	c.AwaitWhole()
	return c
}

// Addrs are host:port of all nodes, dead or alive.
func (c *Cluster) Addrs() []string {
	var addrs []string
	for _, node := range c.nodes {
		addrs = append(addrs, node.addr)
	}
	return addrs
}

// Client is one of the test's, which soon notices who has taken over.
func (c *Cluster) Client() *redis.ClusterClient {
	client := redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: c.Addrs(), ClusterStateReloadInterval: 100 * time.Millisecond, DialerRetries: 1, DialTimeout: time.Second,
	})
	c.t.Cleanup(func() { client.Close() })
	return client
}

// KillMasterOf kills the master that serves a key, as a power cut does, and
// returns at once: the key is not served until its replica has taken over, which
// AwaitWhole waits for.
func (c *Cluster) KillMasterOf(key string) *Server {
	c.t.Helper()
	node := c.MasterOf(key)
	node.Kill()
	c.mu.Lock()
	c.dead = append(c.dead, node)
	c.mu.Unlock()
	return node
}

// MasterOf is the master that serves a key.
func (c *Cluster) MasterOf(key string) *Server {
	c.t.Helper()
	asked := c.alive()[0]
	slot := asked.Do("CLUSTER", "KEYSLOT", key).(int64)
	for _, known := range asked.known() {
		if !known.serves(slot) {
			continue
		}
		for _, node := range c.alive() {
			if node.addr == known.addr {
				return node
			}
		}
	}
	c.t.Fatalf("no master of the Cluster serves %q", key)
	return nil
}

// Failover kills the master that serves a key, and returns when its replica
// serves it and all nodes know.
func (c *Cluster) Failover(key string) {
	c.t.Helper()
	c.KillMasterOf(key)
	c.AwaitWhole()
}

// Restart brings those back that were killed, as replicas of those that took
// over.
func (c *Cluster) Restart() {
	c.t.Helper()
	c.mu.Lock()
	dead := c.dead
	c.dead = nil
	c.mu.Unlock()
	for _, node := range dead {
		node.Restart()
	}
	c.AwaitWhole()
}

// AwaitWhole waits until each living node knows that living nodes serve all
// slots, and each living replica follows its master.
func (c *Cluster) AwaitWhole() {
	c.t.Helper()
	await(c.t, "the Cluster is whole", func() bool {
		living := map[string]bool{}
		for _, node := range c.alive() {
			living[node.addr] = true
		}
		return c.all(func(node *Server) bool {
			if !strings.Contains(node.text("CLUSTER", "INFO"), "cluster_state:ok") {
				return false
			}
			if role := node.text("INFO", "replication"); !strings.Contains(role, "role:master") && !strings.Contains(role, "master_link_status:up") {
				return false
			}
			served := 0
			for _, known := range node.known() {
				if living[known.addr] {
					served += known.slots()
				}
			}
			return served == slots
		})
	})
}

func (c *Cluster) alive() []*Server {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.nodes), func(node *Server) bool { return slices.Contains(c.dead, node) })
}

func (c *Cluster) all(isSo func(*Server) bool) bool {
	for _, node := range c.alive() {
		if !isSo(node) {
			return false
		}
	}
	return true
}

// member is a node as another knows it.
type member struct {
	addr   string
	ranges [][2]int64 // of slots, inclusive
}

// known are the nodes that s knows, itself among them.
func (s *Server) known() []member {
	var members []member
	for line := range strings.Lines(s.text("CLUSTER", "NODES")) {
		// id addr@bus flags master ping pong epoch link slot slot ...
		words := strings.Fields(line)
		if len(words) < 8 || strings.Contains(words[2], "handshake") {
			continue
		}
		addr, _, _ := strings.Cut(words[1], "@")
		m := member{addr: addr}
		for _, word := range words[8:] {
			var r [2]int64
			switch n, _ := fmt.Sscanf(word, "%d-%d", &r[0], &r[1]); n {
			case 1:
				r[1] = r[0]
				fallthrough
			case 2:
				m.ranges = append(m.ranges, r)
			}
		}
		members = append(members, m)
	}
	return members
}

func (m member) serves(slot int64) bool {
	return slices.ContainsFunc(m.ranges, func(r [2]int64) bool { return r[0] <= slot && slot <= r[1] })
}

func (m member) slots() int {
	n := 0
	for _, r := range m.ranges {
		n += int(r[1] - r[0] + 1)
	}
	return n
}
