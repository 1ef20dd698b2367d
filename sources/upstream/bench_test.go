package upstream_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"tributary/sources/upstream"
)

// BenchmarkDo is a read that goes well, the server's work included.
func BenchmarkDo(b *testing.B) {
	body := strings.Repeat("x", 2000)
	address, _ := serve(b, func(w http.ResponseWriter, _ *http.Request) { answer(w, body) })
	client := connect(b, upstream.Config{URL: address, Auth: upstream.Auth{Bearer: "t0ken"}})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := get(context.Background(), client); err != nil {
			b.Fatal(err)
		}
	}
}
