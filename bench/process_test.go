package bench

import "testing"

// process is a server of a test.
type process struct{ *Process }

func start(t testing.TB, as string, first Order) *process {
	t.Helper()
	started, err := Start(as, first)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := started.Close(); err != nil {
			t.Errorf("the %s ended with %v", as, err)
		}
	})
	return &process{started}
}

func (p *process) obey(t testing.TB, o Order) Receipt {
	t.Helper()
	done, err := p.Obey(o)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// use is what the server uses while do runs.
func (p *process) use(t testing.TB, do func()) Receipt {
	t.Helper()
	before := p.obey(t, Order{})
	do()
	after := p.obey(t, Order{})
	return Receipt{CPU: after.CPU - before.CPU, Allocs: after.Allocs - before.Allocs, Bytes: after.Bytes - before.Bytes}
}
