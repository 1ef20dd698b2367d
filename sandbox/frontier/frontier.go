// Package frontier simulates a Raystack Frontier server: the REST API of its
// releases up to v0.90.0 and the Connect API of those since, both at once.
package frontier

import (
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// New makes a server with the sample organisations. Times of the samples are
// relative to now() at this call; later ones follow the clock.
func New(now func() time.Time) http.Handler {
	s := newStore(now)
	mux := http.NewServeMux()
	mux.Handle("/v1beta1/", restServer{s})
	mux.Handle("/"+service+"/", connectServer{s})
	return mux
}

// problem is a refusal, with the number of a gRPC code.
type problem struct {
	code    int
	message string
}

const (
	invalidArgument    = 3
	notFound           = 5
	permissionDenied   = 7
	failedPrecondition = 9
	unimplemented      = 12
	internal           = 13
	unauthenticated    = 16
)

// masked is how an internal error is shown, whatever it was.
var masked = &problem{internal, "internal server error"}

// authenticate takes any credential but none and "invalid".
func authenticate(r *http.Request) *problem {
	refused := &problem{unauthenticated, "not authenticated"}
	var given []string
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch strings.ToLower(scheme) {
	case "bearer":
		given = append(given, value)
	case "basic":
		pair, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			return refused
		}
		name, secret, _ := strings.Cut(string(pair), ":")
		if name == "invalid" {
			return refused
		}
		given = append(given, secret)
	}
	if cookie, err := r.Cookie("sid"); err == nil {
		given = append(given, cookie.Value)
	}
	if token := r.Header.Get("X-User-Token"); token != "" {
		given = append(given, token)
	}
	for _, credential := range given {
		if credential != "" && credential != "invalid" {
			return nil
		}
	}
	return refused
}

// readInto reads a message as protojson does: names in either casing, unknown
// ones passed over.
func readInto(body io.Reader, into *request) *problem {
	data, err := io.ReadAll(io.LimitReader(body, 1<<20))
	if err != nil {
		return &problem{invalidArgument, "unreadable body"}
	}
	if len(data) == 0 {
		return nil
	}
	if err := json.Unmarshal(data, into, json.MatchCaseInsensitiveNames(true)); err != nil {
		return &problem{invalidArgument, "invalid body"}
	}
	return nil
}

func write(w http.ResponseWriter, status int, message any, options ...json.Options) {
	data, err := json.Marshal(message, append(options, json.Deterministic(true))...)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(data) // #nosec G705 -- JSON, and said to be
}
