// Soak has two gateways answer for a while as all that they stand on fails at
// once, and holds each answer against what is true.
package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"tributary/redistest"
)

// options are the command line.
type options struct {
	Duration time.Duration `help:"How long the load lasts; the warm-up is a sixth of it." default:"60s"`
	Clients  int           `help:"How many clients ask at once." default:"8"`
	Seed     uint64        `help:"Of the faults and the queries, to repeat a run; 0 for any."`
	Verbose  bool          `help:"Print each fault as it begins."`
}

func main() {
	var o options
	kong.Parse(&o, kong.Name("soak"), kong.Description("Has two gateways over one Redis answer while every source and Redis fail at random. Exits 1 on a wrong answer, on a failed query that a kept answer could have stood in for, and where goroutines or memory grow."))
	passed, err := o.run(os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
	}
	if err != nil || !passed {
		os.Exit(1)
	}
}

// run prints the table and reports whether nothing was wrong.
func (o options) run(out io.Writer) (passed bool, err error) {
	e := &ends{redistest.Ends{Folders: "soak-"}}
	defer e.End()
	defer e.Catch(&err)
	if o.Seed == 0 {
		o.Seed = rand.Uint64()
	}
	fmt.Fprintf(out, "soak --duration %v --clients %d --seed %d\n", o.Duration, o.Clients, o.Seed)
	s := e.start()
	l, err := newLoad(s, o.Seed)
	if err != nil {
		return false, err
	}
	trouble := &trouble{system: s, seed: o.Seed, begun: time.Now(), out: io.Discard}
	if o.Verbose {
		trouble.out = out
	}
	// What the first faults leave behind, such as connections, is no growth.
	before, err := l.spell(trouble, o.Clients, o.Duration/6)
	if err != nil {
		return false, err
	}
	after, err := l.spell(trouble, o.Clients, o.Duration)
	if err != nil {
		return false, err
	}
	l.found.compareUsage(before, after)
	return l.report(out, before, after)
}

// spell is a time of load and faults, after which all is well again. It returns
// what the process holds then.
func (l *load) spell(trouble *trouble, clients int, lasts time.Duration) (usage, error) {
	end := l.begin(clients)
	stop := trouble.begin()
	<-time.After(lasts)
	err := stop()
	end()
	if err != nil {
		return usage{}, err
	}
	l.expectAllWell()
	return l.system.using(), nil
}
