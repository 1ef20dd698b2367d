package upstream_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"tributary/sources/upstream"
)

func containsAny(text string, parts ...string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

func TestTenantsDifferWhereCredentialsDo(t *testing.T) {
	const one, two = "https://a.example.com", "https://b.example.com"
	configs := map[string]upstream.Config{
		"nothing":                                {URL: one},
		"another address":                        {URL: two},
		"another path":                           {URL: one + "/api"},
		"another scheme":                         {URL: "http://a.example.com"},
		"a bearer":                               {URL: one, Auth: upstream.Auth{Bearer: "t"}},
		"another bearer":                         {URL: one, Auth: upstream.Auth{Bearer: "tt"}},
		"a bearer elsewhere":                     {URL: two, Auth: upstream.Auth{Bearer: "t"}},
		"an address that holds it":               {URL: one + "/t"},
		"basic":                                  {URL: one, Auth: upstream.Auth{Basic: &upstream.Basic{Username: "a", Password: "bc"}}},
		"basic, split otherwise":                 {URL: one, Auth: upstream.Auth{Basic: &upstream.Basic{Username: "ab", Password: "c"}}},
		"basic of nothing":                       {URL: one, Auth: upstream.Auth{Basic: &upstream.Basic{}}},
		"basic without a password":               {URL: one, Auth: upstream.Auth{Basic: &upstream.Basic{Username: "t"}}},
		"a header that reads like basic":         {URL: one, Auth: upstream.Auth{Headers: map[string]string{"A": "bc"}}},
		"basic that reads like that header":      {URL: one, Auth: upstream.Auth{Basic: &upstream.Basic{Username: "A", Password: "bc"}}},
		"a header, split otherwise":              {URL: one, Auth: upstream.Auth{Headers: map[string]string{"Ab": "c"}}},
		"two headers":                            {URL: one, Auth: upstream.Auth{Headers: map[string]string{"A": "bc", "D": "e"}}},
		"two headers, their values swapped":      {URL: one, Auth: upstream.Auth{Headers: map[string]string{"A": "e", "D": "bc"}}},
		"basic and a header":                     {URL: one, Auth: upstream.Auth{Basic: &upstream.Basic{Username: "A", Password: "bc"}, Headers: map[string]string{"D": "e"}}},
		"a bearer and a header":                  {URL: one, Auth: upstream.Auth{Bearer: "t", Headers: map[string]string{"A": "bc"}}},
		"forward":                                {URL: one, Auth: upstream.Auth{Forward: []string{"A"}}},
		"forward of another":                     {URL: one, Auth: upstream.Auth{Forward: []string{"B"}}},
		"forward of two":                         {URL: one, Auth: upstream.Auth{Forward: []string{"A", "B"}}},
		"forward beside a header":                {URL: one, Auth: upstream.Auth{Forward: []string{"B"}, Headers: map[string]string{"A": "bc"}}},
		"a header whose value looks like a list": {URL: one, Auth: upstream.Auth{Headers: map[string]string{"A": "bcD1e"}}},
	}
	seen := make(map[string]string)
	for name, config := range configs {
		tenant := connect(t, config).Tenant(context.Background(), "")
		if other, ok := seen[tenant]; ok {
			t.Errorf("%q and %q have the same fingerprint", name, other)
		}
		seen[tenant] = name
		if len(tenant) != 22 || strings.ContainsAny(tenant, ":/+") {
			t.Errorf("%q is no part of a key", tenant)
		}
		if again := connect(t, config).Tenant(context.Background(), ""); again != tenant {
			t.Errorf("%q: a second client of the same secret has another fingerprint", name)
		}
	}
}

func TestTenantsAreTheSameWhereOnlyTheWritingDiffers(t *testing.T) {
	bg := context.Background()
	pairs := map[string][2]upstream.Config{
		"a slash behind the address":  {{URL: "https://a.example.com/api"}, {URL: "https://a.example.com/api/"}},
		"the case of a header":        {{URL: "https://a", Auth: upstream.Auth{Headers: map[string]string{"x-a": "1"}}}, {URL: "https://a", Auth: upstream.Auth{Headers: map[string]string{"X-A": "1"}}}},
		"the case of a forwarded one": {{URL: "https://a", Auth: upstream.Auth{Forward: []string{"x-a"}}}, {URL: "https://a", Auth: upstream.Auth{Forward: []string{"X-A"}}}},
		"the timeout":                 {{URL: "https://a", Timeout: 1e9}, {URL: "https://a", Timeout: 2e9}},
	}
	for name, pair := range pairs {
		if connect(t, pair[0]).Tenant(bg, "") != connect(t, pair[1]).Tenant(bg, "") {
			t.Errorf("%s makes another tenant", name)
		}
	}
}

func TestTenantIsKeyed(t *testing.T) {
	config := upstream.Config{URL: "https://a.example.com", Auth: upstream.Auth{Bearer: "t"}}
	client, err := upstream.New("src", config, upstream.Options{Secret: []byte("another secret")})
	if err != nil {
		t.Fatal(err)
	}
	if client.Tenant(context.Background(), "") == connect(t, config).Tenant(context.Background(), "") {
		t.Error("whoever guesses a credential can prove it without the secret")
	}
}

func TestForwardedTenantsDifferWhereWhatIsSentDoes(t *testing.T) {
	client := connect(t, upstream.Config{URL: "https://a.example.com", Auth: upstream.Auth{Forward: []string{"A", "B"}}})
	callers := map[string]http.Header{
		"one value":            {"A": {"x"}},
		"another":              {"A": {"y"}},
		"two values":           {"A": {"x", "y"}},
		"two values run on":    {"A": {"xy"}},
		"their order":          {"A": {"y", "x"}},
		"an empty value":       {"A": {""}},
		"the second header":    {"B": {"x"}},
		"both headers":         {"A": {"x"}, "B": {"x"}},
		"split between both":   {"A": {"x"}, "B": {"y"}},
		"the value of a name":  {"A": {"x", "B"}},
		"a count for a value":  {"A": {"x", "\x00\x00\x00\x01"}},
		"nothing that is sent": {"C": {"x"}},
	}
	seen := make(map[string]string)
	for name, header := range callers {
		tenant := client.Tenant(upstream.WithForwarded(context.Background(), header), "")
		if other, ok := seen[tenant]; ok {
			t.Errorf("callers %q and %q have the same fingerprint", name, other)
		}
		seen[tenant] = name
	}
	if tenant := client.Tenant(context.Background(), ""); seen[tenant] != "nothing that is sent" {
		t.Errorf("a caller of no headers is told apart from one whose headers are not sent: %q", seen[tenant])
	}
	fixed := connect(t, upstream.Config{URL: "https://a.example.com", Auth: upstream.Auth{Bearer: "t"}})
	if fixed.Tenant(upstream.WithForwarded(context.Background(), callers["one value"]), "") != fixed.Tenant(context.Background(), "") {
		t.Error("where nothing is forwarded, callers are one tenant")
	}
}

func TestAClientTellsWhetherItForwards(t *testing.T) {
	for name, want := range map[string]bool{"X-Tenant-Key": true, "Authorization": true, "": false} {
		config := upstream.Config{URL: "https://a.example.com"}
		if name != "" {
			config.Auth.Forward = []string{name}
		}
		if got := connect(t, config).Forwards(); got != want {
			t.Errorf("with %q forwarded it tells %t", name, got)
		}
	}
}
