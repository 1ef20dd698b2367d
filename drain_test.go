package main_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

// keeper is a client that holds its connection open, and leaves when it is asked to.
func keeper(url string, answered *atomic.Int64) error {
	client := &http.Client{Timeout: patience, Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	body, err := json.Marshal(map[string]string{"query": psa})
	if err != nil {
		return err
	}
	for {
		got, err := client.Post(url+"/graphql", "application/json", bytes.NewReader(body))
		if err != nil {
			return err
		}
		text, err := io.ReadAll(got.Body)
		got.Body.Close()
		if err != nil {
			return err
		}
		if got.StatusCode != http.StatusOK || !bytes.Contains(text, []byte(`"status":"`)) {
			return fmt.Errorf("status %d: %s", got.StatusCode, text)
		}
		answered.Add(1)
		if got.Close {
			return nil
		}
	}
}

func TestNoClientMeetsAClosedDoorBeforeItWasAskedToLeave(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	// Longer than any client here takes to notice.
	write(t, dir, "tributary.yaml", "timeouts: { drain: 1h }\n"+sandboxed(vendors(t)))
	p := launch(t, dir, nil, "serve", "--config", "tributary.yaml")
	url := p.url()
	var clients sync.WaitGroup
	var answered atomic.Int64
	for range 8 {
		clients.Go(func() {
			if err := keeper(url, &answered); err != nil {
				t.Errorf("a client saw the drain: %v", err)
			}
		})
	}
	p.await("answers", func() bool { return answered.Load() > 16 })
	p.signal(syscall.SIGTERM)
	clients.Wait()
	if got := send(t, http.MethodGet, url+"/readyz", nil, ""); got.status != http.StatusServiceUnavailable {
		t.Errorf("/readyz is %d", got.status)
	}
	if got := ask(t, url, nil, psa); got.status != http.StatusOK || len(got.Errors) > 0 {
		t.Errorf("a new connection is answered %d %s", got.status, got.body)
	}
	p.signal(syscall.SIGTERM)
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestTheTimeToTurnAwayEndsByItselfAndIsNoneForAPerson(t *testing.T) {
	t.Parallel()
	for _, ending := range []struct {
		drain  string
		signal syscall.Signal
		least  time.Duration
	}{{"1s", syscall.SIGTERM, time.Second}, {"1h", syscall.SIGINT, 0}, {"0s", syscall.SIGTERM, 0}} {
		dir := t.TempDir()
		write(t, dir, "tributary.yaml", "timeouts: { drain: "+ending.drain+" }\n"+sandboxed(vendors(t)))
		p := launch(t, dir, nil, "serve", "--config", "tributary.yaml")
		p.url()
		begun := time.Now()
		p.signal(ending.signal)
		if code := p.exit(); code != 0 {
			t.Errorf("with %s it ends with code %d on %v", ending.drain, code, ending.signal)
		}
		if took := time.Since(begun); took < ending.least {
			t.Errorf("with %s it ended within %v on %v", ending.drain, took, ending.signal)
		}
	}
}
