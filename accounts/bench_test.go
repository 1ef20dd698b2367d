package accounts_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"tributary/accounts"
)

// manyAccounts is 100,000 accounts of four subscriptions each, about 30 MB.
func manyAccounts() []byte {
	var b strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&b, `- id: customer-%06d
  name: Customer %d
  subscriptions:
    - { source: focus, organization: %d }
    - { source: billing, organization: 0f3c0000-0000-4000-8000-%012d, id: 7d1e0000-0000-4000-8000-%012d }
    - { source: teams, team: team_%d }
    - { source: psa, id: %d }
`, i, i, i+1, i, i, i, i+1)
	}
	return []byte(b.String())
}

// BenchmarkLoad100k reads 100,000 accounts from a file; it must stay below two
// seconds a run.
func BenchmarkLoad100k(b *testing.B) {
	path := filepath.Join(b.TempDir(), "accounts.yaml")
	if err := os.WriteFile(path, manyAccounts(), 0o600); err != nil {
		b.Fatal(err)
	}
	before := heap()
	var d *accounts.Directory
	for b.Loop() {
		data, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		if d, err = accounts.Parse(path, data, known, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(heap()-before)/(1<<20), "MiB-kept")
	if d.Len() != 100_000 || len(d.Entries()) != 400_000 {
		b.Fatalf("%d accounts with %d entries", d.Len(), len(d.Entries()))
	}
}

// heap is the bytes that are in use once everything else is gone.
func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func BenchmarkPage(b *testing.B) {
	d, err := accounts.Parse("accounts.yaml", manyAccounts(), known, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if page := d.Page("account/customer-050000", 100); len(page) != 100 || page[0].ID != "customer-050001" {
			b.Fatal("the page is wrong")
		}
	}
}
