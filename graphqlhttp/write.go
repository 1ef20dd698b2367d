package graphqlhttp

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tributary/billing"
)

// Outcome is how far a request came.
type Outcome int

// Not read as a GraphQL request; read, and its document, operation name or
// variables refused, so that nothing was executed and the answer has no data;
// executed, whether or not with errors.
const (
	Malformed Outcome = iota
	Refused
	Executed
)

// Status is the status of an answer with the media type that Negotiate chose.
// With application/json a refused document is 200, since clients of that type
// take any other for the word of a proxy.
func Status(media string, outcome Outcome) int {
	if outcome == Malformed || outcome == Refused && media == graphQLJSON {
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// Answer is an answer on its way to its client.
type Answer struct {
	Status int
	Media  string // as Negotiate chose it
	Body   []byte // JSON in UTF-8
	// Lasts says for how long the client may keep it; nil for not at all. Nobody
	// else may, for answers are made for their callers.
	Lasts *Lasting
	// ETag names the bytes of the body, without quotes; "" for no name.
	ETag string
	// Encoded, where set, is the body in a coding; otherwise it is made on the spot.
	Encoded func(Coding) []byte
	// Vary is the header of that name, as Varying makes it; nil for one that names
	// no more than what the answer's form follows.
	Vary []string
}

// Lasting is how old an answer is and for how much longer it holds.
type Lasting struct{ Age, Left time.Duration }

// Write answers r. A GET that already has the answer is told so.
func Write(w http.ResponseWriter, r *http.Request, a Answer) {
	header := w.Header()
	coding := ChooseCoding(r, len(a.Body))
	header["Content-Type"] = contentTypes[a.Media]
	switch {
	case len(header["Vary"]) > 0: // what CORS follows
		header["Vary"] = append(slices.Clip(header["Vary"]), a.vary()...)
	default:
		header["Vary"] = a.vary()
	}
	a.writeLasting(header)
	if a.ETag != "" {
		tag := `"` + a.ETag + `"`
		if coding != Identity {
			tag = `"` + a.ETag + "-" + string(coding) + `"`
		}
		header["Etag"] = []string{tag}
		if r.Method == http.MethodGet && a.Status == http.StatusOK && matches(r.Header["If-None-Match"], tag) {
			delete(header, "Content-Type")
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	body := a.Body
	if coding != Identity {
		header["Content-Encoding"] = []string{string(coding)}
		if a.Encoded != nil {
			body = a.Encoded(coding)
		} else {
			body = coding.Encode(body)
		}
	}
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(a.Status)
	w.Write(body)
}

// Varying is the header Vary of answers that follow some headers of the request
// beside those that say in which form they are wanted.
func Varying(names ...string) []string {
	return []string{strings.Join(append([]string{"Accept", "Accept-Encoding"}, names...), ", ")}
}

var formAlone = Varying()

func (a *Answer) vary() []string {
	if a.Vary == nil {
		return formAlone
	}
	return a.Vary
}

var contentTypes = map[string][]string{
	plainJSON:   {plainJSON + "; charset=utf-8"},
	graphQLJSON: {graphQLJSON + "; charset=utf-8"},
}

var noStore = []string{"no-store"}

// writeLasting tells an age and a lifetime of which it is a part, as RFC 9111
// reads them (section 4.2): what is left is their difference.
func (a *Answer) writeLasting(header http.Header) {
	if a.Lasts == nil {
		header["Cache-Control"] = noStore
		return
	}
	age, left := int64(a.Lasts.Age/time.Second), int64(a.Lasts.Left/time.Second)
	header["Cache-Control"] = []string{"private, max-age=" + strconv.FormatInt(age+left, 10)}
	header["Age"] = []string{strconv.FormatInt(age, 10)}
}

// matches reports whether a condition names the tag, by the weak comparison of
// RFC 9110, section 13.1.2.
func matches(lines []string, tag string) bool {
	for _, line := range lines {
		for member, rest := cutMember(line); member != "" || rest != ""; member, rest = cutMember(rest) {
			member = strings.TrimSpace(member)
			if member == "*" || strings.TrimPrefix(member, "W/") == tag {
				return true
			}
		}
	}
	return false
}

// Extensions makes the extensions of an error, its code among them.
type Extensions func(ctx context.Context, err error) map[string]any

// WriteRefusal answers r with a GraphQL error, in the media type that r accepts
// and in application/json where it accepts none.
func WriteRefusal(w http.ResponseWriter, r *http.Request, refused *Refusal, extensions Extensions) {
	media, unacceptable := Negotiate(r)
	if unacceptable != nil {
		media = plainJSON
	}
	body, err := json.Marshal(map[string]any{"errors": []any{map[string]any{
		"message":    billing.ClientMessage(refused.Err),
		"extensions": extensions(r.Context(), refused.Err),
	}}}, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		panic(err) // extensions made something that is no JSON
	}
	maps.Copy(w.Header(), refused.Header)
	Write(w, r, Answer{Status: refused.Status, Media: media, Body: body})
	if refused.Header.Get("Connection") == "close" {
		// What is left of a short body is waited for otherwise, although the answer
		// is out. A writer that knows no deadlines has no connection to hold.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(lingering))
	}
}

// lingering is for how long a body that nobody reads may still come in: to hang up at
// once would reset the connection, and the answer with it.
const lingering = time.Second
