// Load puts the gateway under load beside servers that do the least that can be
// done, and prints what each takes for an answer.
package main

import (
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"tributary/bench"
	"tributary/sandbox"
)

// options are the command line.
type options struct {
	Binary      string        `help:"The gateway to start, instead of building it." placeholder:"FILE"`
	Connections int           `help:"How many clients ask at once." default:"64"`
	Cell        time.Duration `help:"How long each row of the table is measured." default:"3s"`
	Rounds      int           `help:"Into how many turns that is split, so that all servers see the same machine; CPU is that of the cheapest." default:"3"`
	Bodies      int           `help:"How many different bodies there are where they differ." default:"500"`
	Queries     []string      `help:"Words of the names of the queries to ask; all where left out." placeholder:"WORD"`
	Memory      string        `help:"The cache that is filled for the last row." default:"64MiB"`
}

func main() {
	if bench.Become() {
		return
	}
	var o options
	kong.Parse(&o, kong.Name("load"), kong.Description("Measures the gateway under load beside a bare net/http handler and a bare proxy."))
	if _, err := o.run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// stage is what stands around the servers that are measured.
type stage struct {
	options
	folder  string
	vendors *bench.Replay
	bare    *bench.Process
	proxy   *bench.Process
}

// run prints the table of what was measured, and returns it.
func (o options) run(out io.Writer) (*table, error) {
	s := stage{options: o}
	var err error
	if s.folder, err = os.MkdirTemp("", "load-"); err != nil {
		return nil, err
	}
	defer os.RemoveAll(s.folder)
	if s.Binary == "" {
		s.Binary = filepath.Join(s.folder, "tributary")
		if text, err := exec.Command("go", "build", "-o", s.Binary, "tributary").CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build the gateway: %w\n%s", err, text)
		}
	}
	vendors := httptest.NewServer(sandbox.New(time.Now).Handler())
	defer vendors.Close()
	if s.vendors, err = bench.NewReplay(vendors.URL); err != nil {
		return nil, err
	}
	defer s.vendors.Close()
	if s.bare, err = bench.Start(bench.RoleBare, bench.Order{Answer: []byte{}}); err != nil {
		return nil, err
	}
	defer s.bare.Close()
	if s.proxy, err = bench.Start(bench.RoleProxy, bench.Order{Answer: []byte{}, Calls: [][]byte{}}); err != nil {
		return nil, err
	}
	defer s.proxy.Close()
	fmt.Fprintf(out, "%d connections, %v for each row; before: %s\n", o.Connections, o.Cell, bench.Machine())
	t := new(table)
	for _, q := range bench.Queries {
		if !o.isAsked(q) {
			continue
		}
		if err := s.query(t, q); err != nil {
			return nil, fmt.Errorf("%s: %w", q.Name, err)
		}
	}
	if err := s.full(t); err != nil {
		return nil, fmt.Errorf("a full cache: %w", err)
	}
	t.print(out)
	fmt.Fprintln(out, "after:", bench.Machine())
	return t, nil
}

func (o options) isAsked(q bench.Query) bool {
	for _, word := range o.Queries {
		if strings.Contains(q.Name, word) {
			return true
		}
	}
	return len(o.Queries) == 0
}

// query adds the rows of one query to t.
func (s *stage) query(t *table, q bench.Query) error {
	identical := [][]byte{bench.Request(q.Body)}
	different := make([][]byte, s.Bodies)
	for i := range different {
		different[i] = bench.Request(numbered(q.Body, i))
	}
	answer, calls, err := s.first(identical[0])
	if err != nil {
		return err
	}
	orders := bench.Order{Answer: answer, Calls: calls}
	for _, p := range []*bench.Process{s.bare, s.proxy} {
		if _, err := p.Obey(orders); err != nil {
			return err
		}
	}
	cells := []*cell{
		{row: row{query: q, server: bareHandler, bodies: 1}, address: s.bare.Address, id: s.bare.ID(), requests: identical},
		{row: row{query: q, server: bareProxy, bodies: 1}, address: s.proxy.Address, id: s.proxy.ID(), requests: identical},
	}
	for _, m := range []bench.Mode{bench.Uncached, bench.FromMemory, bench.Whole} {
		for _, requests := range [][][]byte{identical, different} {
			g, err := s.gateway(m.Configuration(s.vendors.URL()))
			if err != nil {
				return err
			}
			defer g.stop()
			cells = append(cells, &cell{
				row: row{query: q, server: m.Name, bodies: len(requests)}, address: g.address, id: g.id(), requests: requests,
				isCached: m != bench.Uncached, isKept: m == bench.Whole,
			})
		}
	}
	for _, c := range cells {
		c.expected, c.calls = bench.WithoutAges(answer), s.vendors.Calls
		defer c.end()
		if err := c.prepare(s.Connections); err != nil {
			return fmt.Errorf("%s: %w", c.server, err)
		}
	}
	for range s.Rounds {
		for _, c := range cells {
			if err := c.round(s.Cell / time.Duration(s.Rounds)); err != nil {
				return fmt.Errorf("%s: %w", c.server, err)
			}
		}
	}
	for _, c := range cells {
		t.rows = append(t.rows, &c.row)
	}
	return nil
}

// first is the answer of a gateway that keeps nothing, and the calls that it takes.
func (s *stage) first(request []byte) (answer []byte, calls [][]byte, err error) {
	g, err := s.gateway(bench.Uncached.Configuration(s.vendors.URL()))
	if err != nil {
		return nil, nil, err
	}
	defer g.stop()
	for range 2 { // what is recorded meanwhile may be asked for twice
		calls = s.vendors.Watch(func() { answer, err = ask(g.address, request) })
	}
	return answer, calls, err
}

// numbered is a body with one more member, which means nothing to the gateway.
func numbered(body []byte, number int) []byte {
	return fmt.Appendf(nil, `%s,"number":%d}`, body[:len(body)-1], number)
}
