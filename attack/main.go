package main

import (
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/alecthomas/kong"
)

// options are the command line.
type options struct {
	Target   string `help:"The GraphQL endpoint to attack. Without one a gateway and simulated upstreams are started." placeholder:"URL"`
	Admin    string `help:"The target's listener for operators, which says what memory it takes." placeholder:"URL"`
	Sandbox  string `help:"The simulated upstreams behind the target, which count what reaches them." placeholder:"URL"`
	PID      int    `help:"The target's process, whose memory is looked at where there is no listener for operators." placeholder:"N"`
	Key      string `help:"An API key of a caller who reads and writes the account acme." env:"ATTACK_KEY"`
	OtherKey string `help:"One of a caller of the account globex." env:"ATTACK_OTHER_KEY"`
	Binary   string `help:"The program to start, instead of building it." placeholder:"FILE"`
	Only     string `help:"Send only what has this text in its class or name." placeholder:"TEXT"`
	Slack    int    `help:"Widen the bounds of time so many times, for a machine that does other things too." default:"1"`
	Quick    bool   `help:"Leave out what waits for the gateway's timeouts."`
}

func main() {
	var o options
	kong.Parse(&o, kong.Name("attack"), kong.Description("Sends a gateway what a hostile internet would. Exits 1 where an attack is neither refused before execution nor safe."))
	passed, err := o.run(os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "attack:", err)
	}
	if err != nil || !passed {
		os.Exit(1)
	}
}

// run attacks, prints the table, and reports whether all rows pass.
func (o options) run(out io.Writer) (bool, error) {
	t, stop, err := o.find()
	if err != nil {
		return false, err
	}
	defer stop()
	t.slack = max(o.Slack, 1)
	t.calibrate()
	passed := true
	table := newTable(out)
	for number, r := range o.sendAll(t) {
		passed = table.print(number, r) && passed
	}
	table.end()
	return passed, nil
}

// attacks are all there are, in the order in which they are sent: those that
// hold the gateway's connections are last.
func attacks() []attack {
	return slices.Concat(malformed(), sized(), asked(), headers(), wire(), documents(), costs(), strangers(), others(), pages(), persisted(), disclosures(), loads(), slows())
}

// sendAll sends one attack after the other, but those that wait for a timeout
// all at once.
func (o options) sendAll(t *target) iter.Seq2[int, result] {
	return func(yield func(int, result) bool) {
		var waiting []*attack
		n := 0
		for _, a := range attacks() {
			switch {
			case !strings.Contains(a.class+" "+a.name, o.Only), a.slow && o.Quick:
			case a.slow:
				waiting = append(waiting, &a)
			case a.keyed && (t.key == "" || t.otherKey == ""):
				n++
				if !yield(n, result{attack: &a, untried: "needs the keys of two callers"}) {
					return
				}
			default:
				n++
				if !yield(n, a.run(t)) {
					return
				}
			}
		}
		results := make([]result, len(waiting))
		var sending sync.WaitGroup
		for i, a := range waiting {
			sending.Go(func() { results[i] = a.once(t) })
		}
		sending.Wait()
		for _, r := range results {
			n++
			if !yield(n, r) {
				return
			}
		}
	}
}

// find is the target of the command line, or one that is started for it.
func (o options) find() (*target, func(), error) {
	if o.Target == "" {
		return o.start()
	}
	at, err := url.Parse(o.Target)
	if err != nil || at.Host == "" {
		return nil, nil, fmt.Errorf("%q is no URL", o.Target)
	}
	t := &target{url: at, admin: strings.TrimSuffix(o.Admin, "/"), sandbox: strings.TrimSuffix(o.Sandbox, "/"), pid: o.PID, key: o.Key, otherKey: o.OtherKey}
	got, err := t.do(request{body: honest})
	if err != nil {
		return nil, nil, err
	}
	if got.status != http.StatusOK {
		return nil, nil, fmt.Errorf("an honest query has status %d: %s", got.status, bounded(got.body))
	}
	return t, func() {}, nil
}

// calibrate measures what the measuring itself allocates.
func (t *target) calibrate() {
	if t.admin == "" {
		return
	}
	t.idle = 0
	for range 3 {
		m := t.meter()
		t.idle = max(t.idle, m.grown())
	}
}
