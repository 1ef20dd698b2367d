// Cluster puts three replicas of the gateway over a Redis Cluster under load,
// takes one thing after the other away, and counts what clients notice.
package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/alecthomas/kong"

	"tributary/redistest"
)

// options are the command line.
type options struct {
	Binary   string        `help:"The program to start, instead of building it." placeholder:"FILE"`
	Duration time.Duration `help:"How long the load lasts, all phases together; what Redis needs for its failover comes on top." default:"20s"`
	Clients  int           `help:"How many clients ask at once." default:"8"`
}

func main() {
	var o options
	kong.Parse(&o, kong.Name("cluster"), kong.Description("Has three replicas over a Redis Cluster answer while a Redis master fails over, one replica is killed and one drained. Exits 1 on any error of a client but a reset by the one that was killed."))
	passed, err := o.run(os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
	}
	if err != nil || !passed {
		os.Exit(1)
	}
}

// run prints the table and reports whether clients saw nothing wrong.
func (o options) run(out io.Writer) (passed bool, err error) {
	e := &ends{redistest.Ends{Folders: "cluster-"}}
	defer e.End()
	defer e.Catch(&err)
	if o.Binary == "" {
		o.Binary = filepath.Join(e.TempDir(), "tributary")
		if text, err := exec.Command("go", "build", "-o", o.Binary, "tributary").CombinedOutput(); err != nil {
			return false, fmt.Errorf("build the gateway: %w\n%s", err, text)
		}
	}
	s := e.start(o.Binary)
	l, err := newLoad(s)
	if err != nil {
		return false, err
	}
	l.begin(o.Clients)
	defer l.end()
	each := o.Duration / 5
	for _, p := range []struct {
		name   string
		happen func()
	}{
		{"three replicas", func() {}},
		{"a Redis master fails over", l.failOver},
		{"one replica is killed", func() { l.kill(s.replicas[0]) }},
		{"one replica is drained", func() { l.drain(s.replicas[1]) }},
		{"the last replica alone", func() {}},
	} {
		l.table.phase(p.name)
		p.happen()
		<-time.After(each)
		l.failingOver.Store(false)
	}
	l.end()
	return l.report(out)
}
