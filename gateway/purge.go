package gateway

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"

	"github.com/go-json-experiment/json"

	"tributary/cache"
	"tributary/loaders"
)

// Admin serves operators: what Metrics serves, and POST /purge. It asks nobody who
// they are.
func (g *Gateway) Admin() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", g.Metrics.Admin())
	mux.HandleFunc("POST /purge", g.purge)
	return mux
}

// purgeRequest says what to forget: a source, with or without an organisation, an
// account, or everything.
type purgeRequest struct {
	Source       string `json:"source"`
	Organization string `json:"organization"`
	Account      string `json:"account"`
	Everything   bool   `json:"everything"`
}

// purgeAnswer is told to who asked for a purge.
type purgeAnswer struct {
	Purged       string `json:"purged,omitzero"`
	Acknowledged *bool  `json:"acknowledged,omitzero"` // whether every replica has done it
	Error        string `json:"error,omitzero"`
}

// purgeFault is why a purge was not done, or not wholly.
type purgeFault struct {
	status int
	text   string
}

func (f purgeFault) Error() string { return f.text }

const longestPurgeRequest = 4 << 10

// purge forgets what the request names, on all replicas.
func (g *Gateway) purge(w http.ResponseWriter, r *http.Request) {
	answer, status := purgeAnswer{}, http.StatusOK
	request, err := readPurge(w, r)
	if err == nil {
		var acknowledged bool
		answer.Purged, acknowledged, err = g.carryOut(r.Context(), request)
		if answer.Purged != "" {
			answer.Acknowledged = &acknowledged
			g.Log.Info("purged", "what", answer.Purged, "acknowledged", acknowledged)
		}
	}
	if fault, ok := errors.AsType[purgeFault](err); ok {
		answer.Error, status = fault.text, fault.status
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.MarshalWrite(w, answer) // who hung up is not told
}

// readPurge refuses what a page in a browser could have sent: that is an operator's
// browser, within reach of the listener.
func readPurge(w http.ResponseWriter, r *http.Request) (purgeRequest, error) {
	var request purgeRequest
	if len(r.Header.Values("Origin")) > 0 {
		return request, purgeFault{http.StatusForbidden, "a request with the header Origin comes from a web page, and none may purge"}
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return request, purgeFault{http.StatusUnsupportedMediaType, "the header Content-Type has to be application/json"}
	}
	if err := json.UnmarshalRead(http.MaxBytesReader(w, r.Body, longestPurgeRequest), &request, json.RejectUnknownMembers(true)); err != nil {
		return request, notOneScope
	}
	named := 0
	for _, isNamed := range []bool{request.Source != "", request.Account != "", request.Everything} {
		if isNamed {
			named++
		}
	}
	if named != 1 || request.Organization != "" && request.Source == "" {
		return request, notOneScope
	}
	return request, nil
}

var notOneScope = purgeFault{http.StatusBadRequest,
	`the body has to be one of {"source": NAME}, {"source": NAME, "organization": ID}, {"account": ID} and {"everything": true}`}

func (g *Gateway) carryOut(ctx context.Context, request purgeRequest) (purged string, acknowledged bool, err error) {
	set := g.Portfolio.Sources
	switch {
	case request.Everything:
		return "everything", set.Purge(ctx, cache.Scope{}), nil
	case request.Account != "":
		account := g.Portfolio.Directory().Get(request.Account)
		if account == nil {
			return "", false, purgeFault{http.StatusNotFound, fmt.Sprintf("there is no account %q", request.Account)}
		}
		acknowledged, err = set.DropHoldings(ctx, account)
		if err != nil {
			err = purgeFault{http.StatusBadGateway, fmt.Sprintf("what the account holds is not wholly known, and may be kept in part: %v", err)}
		}
		return "account " + account.ID, acknowledged, err
	}
	source := set.Source(request.Source)
	if source == nil {
		return "", false, purgeFault{http.StatusNotFound, fmt.Sprintf("there is no source %q", request.Source)}
	}
	scope, purged := scopeOf(ctx, source, request.Organization)
	return purged, set.Purge(ctx, scope), nil
}

// scopeOf is what is kept under the credentials that are sent about an organisation.
func scopeOf(ctx context.Context, source *loaders.Source, organization string) (scope cache.Scope, purged string) {
	scope.Source, purged = source.Name(), "source "+source.Name()
	if organization == "" {
		return scope, purged
	}
	tenant := source.Tenant(ctx, organization)
	switch {
	case tenant != source.Tenant(ctx, ""):
		purged += ", with the credentials of organization " + organization
	case source.Forwards():
		// Its callers' credentials are not known, and anybody may have asked about it.
		return scope, purged + ", for callers' own credentials are sent about organization " + organization
	default:
		purged += ", with the service's credentials, which are sent about organization " + organization
	}
	scope.Tenant = tenant
	return scope, purged
}
