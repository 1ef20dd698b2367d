package graphqlhttp

import (
	"mime"
	"net/http"
	"slices"
	"strings"

	"tributary/billing"
)

// proofs are headers that a page of another origin cannot add before its
// browser has asked the gateway, by preflight, whether it may.
var proofs = []string{
	"GraphQL-Require-Preflight",
	"Apollo-Require-Preflight",
	"X-Apollo-Operation-Name",
	"X-GraphQL-Client-Name",
	"apollographql-client-name",
	"graphql-client-name",
	"X-Api-Key",
}

// simple are the media types that a page may send to any origin unasked.
var simple = []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data"}

// CheckPreflight refuses a request that a browser would send for a page of
// another origin without asking first, which is how a page has its reader's
// browser ask with the reader's rights or from within the reader's network. A
// GET, a HEAD, and a POST whose Content-Type is missing, unreadable or one of
// forms and plain text has to prove that it is none, with one of proofs, a
// Content-Type of application/json or an Authorization with the scheme Bearer,
// none of them empty. Other schemes prove nothing: browsers add Basic by
// themselves.
func CheckPreflight(r *http.Request) *Refusal {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
	default:
		return nil
	}
	if lines := r.Header["Content-Type"]; len(lines) > 0 && lines[0] == plainJSON {
		return nil
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil && media == plainJSON {
		return nil
	}
	if r.Method == http.MethodPost && err == nil && !slices.Contains(simple, media) {
		return nil
	}
	given := func(name string) bool { return strings.TrimSpace(r.Header.Get(name)) != "" }
	if slices.ContainsFunc(proofs, given) || hasBearer(r.Header) {
		return nil
	}
	mend := "POST with Content-Type: application/json, or add the header GraphQL-Require-Preflight: 1"
	if r.Method == http.MethodPost {
		mend = "send Content-Type: application/json"
	}
	return refuse(http.StatusForbidden, billing.CodeForbidden, "a browser would send this request for any page, without asking first; %s", mend).Closing(r)
}

func hasBearer(header http.Header) bool {
	scheme, token, _ := strings.Cut(header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer") && strings.TrimSpace(token) != ""
}
