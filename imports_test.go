package main_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// bans are the imports that the layers forbid, each with its reason. A package
// or import that ends in "/..." stands for itself and all below, one that ends
// in "/*" for what is below alone. An import of this module counts through other
// packages too; one from outside only where it is written. Tests are free.
var bans = []struct {
	packages []string
	imports  []string
	reason   string
}{
	{
		[]string{"tributary/..."}, []string{"tributary"},
		"main only puts the parts together; what another package needs has a package of its own",
	},
	{
		[]string{"tributary/..."}, []string{"tributary/attack/...", "tributary/clients/...", "tributary/cluster/...", "tributary/logtest/...", "tributary/soak/..."},
		"what tests the gateway is no part of it",
	},
	{
		slices.Concat([]string{"tributary/billing/...", "tributary/config/...", "tributary/assembly/..."}, core, edge, interfaces),
		[]string{"tributary/bench/..."},
		"what measures the gateway is no part of it",
	},
	{
		slices.Concat(core, edge, interfaces), []string{"tributary/assembly/..."},
		"the assembly puts the parts together, and is used by who starts them",
	},
	{
		[]string{"tributary/billing/..."}, []string{beyondStandardLibrary},
		"everything speaks the domain's language, so the domain depends on nothing that may be replaced",
	},
	{
		[]string{"tributary/billing/..."}, []string{"net/http/...", "database/sql/..."},
		"the domain knows no transport and no store",
	},
	{
		[]string{"tributary/secrets/..."}, []string{beyondStandardLibrary},
		"what reads secrets is small enough to be read itself",
	},
	{
		[]string{"tributary/sealing/..."}, []string{beyondStandardLibrary},
		"what encrypts is small enough to be read itself",
	},
	{
		[]string{"tributary/access/..."}, []string{beyondStandardLibrary},
		"every layer asks what the caller may do, so the answer depends on none",
	},
	{
		[]string{"tributary/parts/..."}, []string{beyondStandardLibrary},
		"a document's price and its execution share what it says, so it depends on neither",
	},
	{
		[]string{"tributary/breaker/..."}, slices.Concat([]string{"tributary/...", "net/http/..."}, graphQL),
		"it knows when Redis is asked, not what for",
	},
	{
		[]string{"tributary/quota/..."},
		slices.Concat([]string{"tributary/cache/...", "tributary/accounts/...", "tributary/config/...", "tributary/ledger/...", "tributary/loaders/...",
			"tributary/portfolio/...", "tributary/writes/..."}, edge, interfaces, graphQL),
		"calls are counted by source and credential, whatever they ask for and whoever asks",
	},
	{
		[]string{"tributary/filewatch/..."}, slices.Concat([]string{"net/http/..."}, core, edge, interfaces, graphQL, redis),
		"it knows when a file is read, not what it holds",
	},
	{
		[]string{"tributary/tlsfiles/..."}, []string{beyondConfiguration},
		"what handles private keys has little that it could go wrong with",
	},
	{
		[]string{"tributary/graphqlhttp/..."}, slices.Concat(core, edge, interfaces, graphQL, redis),
		"requests are read and answers written as the GraphQL over HTTP specification says, whoever executes them",
	},
	{
		[]string{"tributary/answers/..."}, slices.Concat([]string{"net/http/...", "tributary/sources/..."}, interfaces, graphQL),
		"a whole answer is bytes and what they rest on, however it was asked for and made",
	},
	{
		[]string{"tributary/document/..."},
		slices.Concat([]string{"net/http/...", "github.com/99designs/gqlgen/..."}, core, edge, interfaces, redis),
		"a document is judged by the schema, before and apart from its execution",
	},
	{
		[]string{"tributary/identity/..."}, slices.Concat(core, edge, interfaces, graphQL, redis),
		"who asks is told by the request's headers, whatever it asks for",
	},
	{
		[]string{"tributary/persisted/...", "tributary/throttle/..."},
		slices.Concat([]string{"net/http/..."}, core, edge, interfaces, graphQL),
		"documents are kept and budgets counted without a look at what is in them or how it came",
	},
	{
		slices.Concat(core, []string{"tributary/graph/...", "tributary/resolvers/..."}), edge,
		"the edge lets a request in or not; what answers it does not ask again, but for access",
	},
	{
		[]string{"tributary/sources/..."}, graphQL,
		"a source speaks to its upstream and does not know who asks",
	},
	{
		[]string{"tributary/sources/..."}, redis,
		"what a source answered is kept by the cache, under the tenant's key, or not at all",
	},
	{
		[]string{"tributary/cache/...", "tributary/accounts/...", "tributary/config/...", "tributary/ledger/...", "tributary/loaders/..."}, graphQL,
		"what lies below the resolvers serves any interface, not GraphQL alone",
	},
	{
		[]string{"tributary/cache/...", "tributary/sources/...", "tributary/accounts/...", "tributary/config/..."},
		slices.Concat([]string{"tributary/loaders/...", "tributary/portfolio/...", "tributary/writes/..."}, interfaces),
		"imports run one way, from the gateway down to the domain",
	},
	{
		[]string{"tributary/cache/..."}, []string{"tributary/sources/...", "tributary/accounts/...", "tributary/config/..."},
		"the cache keeps values of any source and any configuration",
	},
	{
		[]string{"tributary/sources/*"}, []string{"tributary/cache/...", "tributary/accounts/...", "tributary/config/..."},
		"a source asks its upstream each time it is asked; who may ask and what is kept is decided above it",
	},
	{
		[]string{"tributary/accounts/..."}, []string{"tributary/cache/...", "tributary/sources/..."},
		"the directory says which subscriptions there are, not what is in them",
	},
	{
		[]string{"tributary/loaders/..."},
		[]string{"tributary/portfolio/...", "tributary/graph/...", "tributary/resolvers/...", "tributary/gateway/...", "net/http/..."},
		"loaders batch questions of the domain, whatever interface and transport they come through",
	},
	{
		[]string{"tributary/portfolio/..."},
		slices.Concat([]string{"tributary/graph/...", "tributary/resolvers/...", "tributary/gateway/...", "net/http/..."}, graphQL, redis),
		"lists and sums over subscriptions are rules of the domain, not of GraphQL or HTTP",
	},
	{
		[]string{"tributary/writes/..."},
		slices.Concat([]string{"tributary/portfolio/...", "tributary/graph/...", "tributary/resolvers/...", "tributary/gateway/...", "net/http/..."}, graphQL, redis),
		"a write is judged, made once and told the same, whatever interface it comes through and wherever it is remembered",
	},
	{
		[]string{"tributary/ledger/..."},
		slices.Concat([]string{"tributary/cache/...", "tributary/sources/...", "tributary/loaders/...", "tributary/writes/...", "net/http/..."}, graphQL),
		"the ledger remembers that something was written, not what",
	},
	{
		[]string{"tributary/graph/..."}, slices.Concat([]string{"tributary/resolvers/...", "tributary/gateway/..."}, redis),
		"generated code is called by what people wrote, not the other way round",
	},
	{
		[]string{"tributary/resolvers/..."}, slices.Concat([]string{"tributary/gateway/...", "net/http/..."}, redis),
		"a resolver answers the same over any transport and from any store",
	},
	{
		[]string{"tributary/sandbox/..."},
		slices.Concat([]string{"tributary/config/..."}, core, edge, interfaces),
		"the sandbox stands for other people's systems; sharing code with the gateway it would share its mistakes",
	},
	{
		slices.Concat([]string{"tributary/billing/...", "tributary/config/...", "tributary/assembly/..."}, core, edge, interfaces),
		[]string{"tributary/sandbox/..."},
		"the gateway knows its upstreams over HTTP alone, simulated or real",
	},
}

const (
	// beyondStandardLibrary stands for every import that Go does not bring along.
	beyondStandardLibrary = "beyond the standard library"
	// beyondConfiguration leaves the configuration's packages out of those.
	beyondConfiguration = "beyond the configuration"
)

// Layers, and what some of them know nothing of.
var (
	core = []string{"tributary/sources/...", "tributary/cache/...", "tributary/accounts/...", "tributary/ledger/...",
		"tributary/loaders/...", "tributary/portfolio/...", "tributary/writes/..."}
	edge = []string{"tributary/graphqlhttp/...", "tributary/document/...", "tributary/identity/...", "tributary/tlsfiles/...",
		"tributary/persisted/...", "tributary/throttle/..."}
	interfaces = []string{"tributary/graph/...", "tributary/resolvers/...", "tributary/gateway/...", "tributary/web/..."}

	graphQL = []string{"github.com/99designs/gqlgen/...", "github.com/vektah/gqlparser/...", "github.com/graph-gophers/graphql-go/...", "github.com/graphql-go/..."}
	redis   = []string{"github.com/redis/...", "github.com/go-redis/...", "github.com/gomodule/redigo/...", "github.com/alicebob/miniredis/..."}
)

func TestImportsRunOneWay(t *testing.T) {
	imports := listImports(t)
	if len(imports["tributary/billing"]) == 0 {
		t.Fatal("go list does not know tributary/billing, so this test would pass whatever is imported")
	}
	for _, ban := range bans {
		for _, pattern := range slices.Concat(ban.packages, ban.imports) {
			if strings.HasPrefix(pattern, "tributary") && !slices.ContainsFunc(slices.Collect(maps.Keys(imports)), func(name string) bool { return match(pattern, name) }) {
				t.Errorf("a ban names %s, and there is no such package: %s", pattern, ban.reason)
			}
		}
		for name := range imports {
			if !anyMatch(ban.packages, name) {
				continue
			}
			for _, path := range reach(imports, name) {
				if last := path[len(path)-1]; anyMatch(ban.imports, last) {
					t.Errorf("%s may not import %s: %s", strings.Join(path[:len(path)-1], ", which imports "), last, ban.reason)
				}
			}
		}
	}
}
