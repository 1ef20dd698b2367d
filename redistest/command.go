package redistest

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// client is one for a few commands to the server itself, whatever Cluster or
// Sentinel it belongs to.
func (s *Server) client() *redis.Client {
	return redis.NewClient(&redis.Options{
		Addr: s.addr, DialTimeout: time.Second, ReadTimeout: patience, MaxRetries: -1, DialerRetries: 1, PoolSize: 1,
	})
}

// Do sends one command and returns the answer. An error of Redis fails the test.
func (s *Server) Do(arguments ...any) any {
	s.t.Helper()
	answer, err := s.try(arguments...)
	if err != nil {
		s.t.Fatalf("redis-server at %s on %v: %v", s.addr, arguments, err)
	}
	return answer
}

func (s *Server) try(arguments ...any) (any, error) {
	client := s.client()
	defer client.Close()
	return client.Do(context.Background(), arguments...).Result()
}

// text is an answer of Redis that is a text; "" where there is none.
func (s *Server) text(arguments ...any) string {
	answer, err := s.try(arguments...)
	if err != nil {
		return ""
	}
	return fmt.Sprint(answer)
}

// Fill makes the server full: it refuses what would take more memory.
func (s *Server) Fill() { s.t.Helper(); s.SetMaxMemory(1) }

// SetMaxMemory bounds the memory in bytes, beyond which it refuses writes; 0 is
// no bound.
func (s *Server) SetMaxMemory(bytes int64) {
	s.t.Helper()
	s.Do("CONFIG", "SET", "maxmemory-policy", "noeviction")
	s.Do("CONFIG", "SET", "maxmemory", bytes)
}

// MakeReadOnly makes the server the replica of a master that is not there: it is
// read, and refuses writes.
func (s *Server) MakeReadOnly() { s.t.Helper(); s.Do("REPLICAOF", "127.0.0.1", "1") }

// MakeWritable ends MakeReadOnly, with the data that there was.
func (s *Server) MakeWritable() { s.t.Helper(); s.Do("REPLICAOF", "NO", "ONE") }

// Flush deletes all data.
func (s *Server) Flush() { s.t.Helper(); s.Do("FLUSHALL") }

// Forbid has the server refuse whatever a client asks for that says not who it
// is, and Allow ends it.
func (s *Server) Forbid() {
	s.t.Helper()
	s.Do("ACL", "SETUSER", overseer, "on", "nopass", "~*", "&*", "+@all")
	s.Do("ACL", "SETUSER", "default", "-@all")
}

// Allow ends Forbid.
func (s *Server) Allow() {
	s.t.Helper()
	client := redis.NewClient(&redis.Options{Addr: s.addr, Username: overseer, Password: "any", MaxRetries: -1, PoolSize: 1})
	defer client.Close()
	if err := client.Do(context.Background(), "ACL", "SETUSER", "default", "+@all").Err(); err != nil {
		s.t.Fatalf("allow commands again: %v", err)
	}
}

// overseer is the user who may lift a Forbid.
const overseer = "redistest"

// Occupy keeps the server busy with a script: whatever it is asked, it answers
// that it is BUSY. Relieve ends it.
func (s *Server) Occupy() {
	s.t.Helper()
	s.Do("CONFIG", "SET", "lua-time-limit", "1")
	go func() {
		// Its answer is that it was killed.
		_, _ = s.try("EVAL", "while true do end", "0")
	}()
	s.await("it is busy", func() bool {
		_, err := s.try("GET", "any")
		return redis.HasErrorPrefix(err, "BUSY")
	})
}

// Relieve ends Occupy.
func (s *Server) Relieve() {
	s.t.Helper()
	s.Do("SCRIPT", "KILL")
	s.await("it is at leisure", func() bool {
		_, err := s.try("PING")
		return err == nil
	})
}

// await waits until something is so, for as long as a busy machine may need.
func (s *Server) await(what string, isSo func() bool) {
	s.t.Helper()
	await(s.t, what, isSo)
}

func await(t Owner, what string, isSo func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !isSo() {
		select {
		case <-deadline.C:
			t.Fatalf("waited in vain for this of Redis: %s", what)
		case <-again.C:
		}
	}
}
