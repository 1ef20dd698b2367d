package bench

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
)

// BenchmarkHandler asks each query of a gateway in this process that has every
// document in memory: what an answer allocates, and where, without a connection.
func BenchmarkHandler(b *testing.B) {
	w := newWorld(b)
	built, err := build(Order{Config: w.configuration(FromMemory)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(built.Close)
	handler := built.Gateway.Handler()
	for _, q := range Queries {
		serve := func() *httptest.ResponseRecorder {
			r := httptest.NewRequest(http.MethodPost, "http://localhost/graphql", bytes.NewReader(q.Body))
			r.Header.Set("Content-Type", "application/json")
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, r)
			return recorder
		}
		for warm := false; !warm; {
			warm = w.during(func() {
				if answer := serve(); answer.Code != http.StatusOK || bytes.Contains(answer.Body.Bytes(), []byte(`"errors"`)) {
					b.Fatalf("answered %d %s", answer.Code, answer.Body)
				}
			}) == 0
		}
		b.Run(q.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				serve()
			}
		})
	}
}
