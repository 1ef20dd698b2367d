package sandbox

import (
	"fmt"
	"strings"

	"tributary/billing"
)

// Configuration is the gateway's configuration, as a file would hold it, for a
// sandbox at a base URL, open to everybody who wants to try it: what it holds is
// made up.
func Configuration(base string) string {
	return `development: { graphiql: true, introspection: true, suggestions: true }
auth: { mode: none, insecure: true }
` + Upstreams(base)
}

// Upstreams is the part of a configuration that is about a sandbox at a base URL:
// its four vendors as sources, its accounts.
func Upstreams(base string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `sources:
  %s:
    kind: focus
    url: %s/focus
    auth: { bearer: toggl_sk_sandbox }
    priceBasis: seat
  %s:
    kind: frontier
    url: %s/frontier
    auth: { basic: { username: sandbox, password: sandbox } }
  %s:
    kind: intercode
    url: %s/intercode
    currency: USD
    priceBasis: total
    interval: month
    auth: { bearer: sandbox }
  %s:
    kind: productive
    url: %s/productive
    timezone: UTC
    quota: { windows: [] } # unlike the vendor, the sandbox has none until it is told of one
    auth: { headers: { X-Auth-Token: sandbox, X-Organization-Id: "682" } }
log: { format: text }
accounts:
`, focusSource, base, frontierSource, base, intercodeSource, base, productiveSource, base)
	for _, account := range Accounts() {
		fmt.Fprintf(&b, "  - id: %s\n    name: %s\n    subscriptions:\n", account.ID, account.Name)
		for _, ref := range account.Holdings {
			fmt.Fprintf(&b, "      - { source: %s, %s }\n", ref.Source, holding(ref))
		}
	}
	return b.String()
}

// holding is the keys of a holding beside its source.
func holding(ref billing.Ref) string {
	switch {
	case ref.Source == intercodeSource:
		return "team: " + ref.Org
	case ref.Source == productiveSource:
		return "id: " + ref.Org
	case ref.Key != "":
		return "organization: " + ref.Org + ", id: " + ref.Key
	default:
		return "organization: " + ref.Org
	}
}
