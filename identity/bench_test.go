package identity_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"tributary/identity"
)

func BenchmarkAToken(b *testing.B) {
	s := show(b, set(public(rsaKey, "r"), public(ecKey, "e"), public(edKey, "d")))
	for _, one := range []struct {
		alg jose.SignatureAlgorithm
		key any
		kid string
	}{{jose.RS256, rsaKey, "r"}, {jose.ES256, ecKey, "e"}, {jose.EdDSA, edKey, "d"}} {
		token := bearer(sign(b, one.alg, one.key, one.kid, nil, claims(nil)))
		b.Run(string(one.alg)+"/seen a moment ago", func(b *testing.B) {
			d := door(b, "", s.auth(""), identity.Options{})
			admits(b, d, token, "ada")
			b.ReportAllocs()
			for b.Loop() {
				_, _ = d.Authenticate(token)
			}
		})
		b.Run(string(one.alg)+"/verified each time", func(b *testing.B) {
			// A clock that leaps lets nothing be remembered.
			now := time.Now()
			d := door(b, "", s.auth("clockSkew: 0s\n"), identity.Options{}.WithClock(func() time.Time { return now }))
			fresh := bearer(sign(b, one.alg, one.key, one.kid, nil, claims(map[string]any{"exp": now.Add(1 << 55).Unix()})))
			admits(b, d, fresh, "ada")
			b.ReportAllocs()
			for b.Loop() {
				now = now.Add(time.Minute)
				if _, err := d.Authenticate(fresh); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAnAPIKey(b *testing.B) {
	for _, count := range []int{1, 100, 1000} {
		var list strings.Builder
		var key, hash string
		for i := range count {
			key, hash = identity.NewKey()
			list.WriteString(subject(fmt.Sprint("s", i), hash))
		}
		b.Run(fmt.Sprint("of ", count), func(b *testing.B) {
			d := door(b, b.TempDir(), "mode: apiKeys\nkeys:\n"+list.String(), identity.Options{})
			r := bearer(key)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = d.Authenticate(r)
			}
		})
	}
}
