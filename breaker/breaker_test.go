package breaker_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"tributary/breaker"
	"tributary/logtest"
)

const timeout = 100 * time.Millisecond

// client asks what answer answers, and counts how often that is asked.
type client struct {
	*breaker.Breaker[string]
	log   *logtest.Log
	asked int
}

func newClient() *client {
	log := logtest.Listen()
	return &client{log: log, Breaker: breaker.New[string](timeout, log.Logger(), "each counts", "all count")}
}

func (c *client) ask(err error) error {
	answer, err := c.Ask(context.Background(), func(context.Context) (string, error) {
		c.asked++
		return "answer", err
	})
	if err == nil && answer != "answer" {
		return errors.New("another answer")
	}
	return err
}

// refusal is how the client tells what Redis says against a command.
type refusal string

func (r refusal) Error() string { return string(r) }
func (refusal) RedisError()     {}

func TestOneFaultIsEnoughAndAfterAWhileOneQuestionIsRisked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient()
		for range 10 {
			if c.ask(io.EOF) == nil {
				t.Error("there is an answer")
			}
		}
		if c.asked != 1 || c.Faults() != 1 {
			t.Errorf("asked %d times, with %d faults", c.asked, c.Faults())
		}
		time.Sleep(time.Second + time.Millisecond)
		if c.ask(io.EOF) == nil || c.ask(nil) == nil || c.asked != 2 {
			t.Errorf("asked %d times, want one more", c.asked)
		}
		time.Sleep(time.Second + time.Millisecond)
		for range 3 {
			if err := c.ask(nil); err != nil {
				t.Error(err)
			}
		}
		if c.asked != 5 || c.Faults() != 2 {
			t.Errorf("asked %d times, with %d faults", c.asked, c.Faults())
		}
		log := c.log.Text()
		if strings.Count(log, "\n") != 2 || !strings.Contains(log, "level=WARN msg=\"redis does not answer; each counts\"") ||
			!strings.Contains(log, "level=INFO msg=\"redis answers again; all count\"") {
			t.Errorf("the log says %s", log)
		}
	})
}

func TestARefusalIsAnAnswer(t *testing.T) {
	for name, err := range map[string]error{"it refuses": refusal("READONLY You can't write against a read only replica."), "it has nothing": redis.Nil} {
		t.Run(name, func(t *testing.T) {
			c := newClient()
			for range 3 {
				if got := c.ask(err); !errors.Is(got, err) {
					t.Errorf("got %v", got)
				}
			}
			if c.asked != 3 || c.Faults() != 3 || c.log.Text() != "" {
				t.Errorf("asked %d times, with %d faults, and the log says %s", c.asked, c.Faults(), c.log.Text())
			}
		})
	}
}

func TestAQuestionIsBoundedByTheTimeoutAndNotByItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone, cancel := context.WithCancel(context.Background())
		cancel()
		c := newClient()
		begun := time.Now()
		_, err := c.Ask(gone, func(ctx context.Context) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != timeout || c.Timeout() != timeout {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
	})
}
