package bench

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"
)

// process is a server in a process of its own, so that what it uses is told
// apart from what its clients and its upstreams use.
type process struct {
	address  string
	orders   *json.Encoder
	receipts *json.Decoder
}

func start(t testing.TB, as string, first order) *process {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), role+"="+as)
	command.Stderr = os.Stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		if err := command.Wait(); err != nil {
			t.Errorf("the %s ended with %v", as, err)
		}
	})
	p := &process{orders: json.NewEncoder(stdin), receipts: json.NewDecoder(stdout)}
	p.address = p.obey(t, first).Address
	return p
}

// obey has the server carry out an order; the zero order asks for a receipt.
func (p *process) obey(t testing.TB, o order) receipt {
	t.Helper()
	if err := p.orders.Encode(o); err != nil {
		t.Fatal(err)
	}
	var done receipt
	if err := p.receipts.Decode(&done); err != nil {
		t.Fatal(err)
	}
	if done.Fault != "" {
		t.Fatal(done.Fault)
	}
	return done
}

// use is what the server uses while do runs.
func (p *process) use(t testing.TB, do func()) receipt {
	t.Helper()
	before := p.obey(t, order{})
	do()
	after := p.obey(t, order{})
	return receipt{CPU: after.CPU - before.CPU, Allocs: after.Allocs - before.Allocs, Bytes: after.Bytes - before.Bytes}
}
