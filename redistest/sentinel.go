package redistest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// Sentinel is a master with a replica, watched by three Sentinels that have the
// replica take over about two seconds after the master is gone.
type Sentinel struct {
	t         Owner
	master    *Server
	replica   *Server
	sentinels []*Server
}

// watched is what the Sentinels call the master.
const watched = "tributary"

// StartSentinel starts five servers and waits until each Sentinel knows all
// others and the replica.
func StartSentinel(t Owner) *Sentinel {
	t.Helper()
	data := append([]string{"--repl-diskless-sync-delay", "0"}, withoutDisk...)
	s := &Sentinel{t: t}
	s.master = start(t, func(string) []string { return data })
	s.replica = start(t, func(string) []string { return data })
	host, port, _ := net.SplitHostPort(s.master.addr)
	s.replica.Do("REPLICAOF", host, port)
	await(t, "the replica follows its master", func() bool {
		return strings.Contains(s.replica.text("INFO", "replication"), "master_link_status:up")
	})
	for range 3 {
		s.sentinels = append(s.sentinels, start(t, func(dir string) []string {
			file := filepath.Join(dir, "sentinel.conf")
			text := fmt.Sprintf("sentinel monitor %[1]s %[2]s %[3]s 2\nsentinel down-after-milliseconds %[1]s %[4]s\nsentinel failover-timeout %[1]s 4000\n",
				watched, host, port, unheard)
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			return []string{file, "--sentinel"}
		}))
	}
	await(t, "the Sentinels know each other and the replica", func() bool {
		for _, sentinel := range s.sentinels {
			about := sentinel.text("SENTINEL", "MASTER", watched)
			if !strings.Contains(about, "num-other-sentinels:2") || !strings.Contains(about, "num-slaves:1") {
				return false
			}
		}
		return true
	})
	return s
}

// Addrs are host:port of the Sentinels.
func (s *Sentinel) Addrs() []string {
	var addrs []string
	for _, sentinel := range s.sentinels {
		addrs = append(addrs, sentinel.addr)
	}
	return addrs
}

// Master is the Sentinels' name of the master.
func (s *Sentinel) Master() string { return watched }

// KillMaster kills the master, as a power cut does, and returns at once;
// AwaitFailover waits for the replica to take over.
func (s *Sentinel) KillMaster() { s.t.Helper(); s.master.Kill() }

// AwaitFailover waits until the replica is master and all Sentinels say so.
func (s *Sentinel) AwaitFailover() {
	s.t.Helper()
	_, port, _ := net.SplitHostPort(s.replica.addr)
	await(s.t, "the replica has taken over", func() bool {
		for _, sentinel := range s.sentinels {
			if !strings.Contains(sentinel.text("SENTINEL", "GET-MASTER-ADDR-BY-NAME", watched), port) {
				return false
			}
		}
		return strings.Contains(s.replica.text("INFO", "replication"), "role:master")
	})
}

// Failover kills the master and returns when the replica has taken over.
func (s *Sentinel) Failover() { s.t.Helper(); s.KillMaster(); s.AwaitFailover() }
