package graphqlhttp

import (
	"iter"
	"mime"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"tributary/billing"
)

// The media types of an answer.
const (
	plainJSON   = "application/json"
	graphQLJSON = "application/graphql-response+json"
)

// Negotiate is the media type in which r is answered, by the rules of RFC 9110,
// section 12.5.1. Of two that are wanted alike it is the one that is named more
// exactly, then application/graphql-response+json where it is named and
// application/json where it is not. Parts that cannot be read are ignored;
// where none is left, r takes anything.
func Negotiate(r *http.Request) (string, *Refusal) {
	if lines := r.Header["Accept"]; len(lines) == 1 {
		switch lines[0] {
		case plainJSON, "*/*":
			return plainJSON, nil
		case graphQLJSON:
			return graphQLJSON, nil
		}
	}
	ranges := readAccept(r.Header)
	if len(ranges) == 0 {
		return plainJSON, nil
	}
	plain, graphQL := ranges.weigh(plainJSON), ranges.weigh(graphQLJSON)
	switch {
	case plain.q == 0 && graphQL.q == 0:
		return "", ranges.refusal().Closing(r)
	case graphQL.above(plain), graphQL == plain && graphQL.exactness >= exact:
		return graphQLJSON, nil
	default:
		return plainJSON, nil
	}
}

// How exactly a range names a media type.
const (
	anything = iota
	anyOfType
	exact
	exactWithCharset
)

// weight is how much a media type is wanted: q from 0 to 1, and what says so.
type weight struct {
	q         float64
	exactness int
}

func (w weight) above(other weight) bool {
	return w.q > other.q || w.q == other.q && w.exactness > other.exactness
}

type mediaRange struct {
	media string // in lower case: application/json, application/*, */*
	weight
}

type mediaRanges []mediaRange

// weigh takes what the most exact range says of media, and of several that are
// alike the highest.
func (ranges mediaRanges) weigh(media string) weight {
	var found weight
	for _, candidate := range ranges {
		switch {
		case candidate.exactness >= exact && candidate.media != media:
		case candidate.exactness == anyOfType && candidate.media != "application/*":
		case candidate.exactness > found.exactness, candidate.exactness == found.exactness && candidate.q > found.q:
			found = candidate.weight
		}
	}
	return found
}

// refusal tells a client of live operations more than that its Accept is wrong.
func (ranges mediaRanges) refusal() *Refusal {
	for _, wanted := range ranges {
		if wanted.q > 0 && (wanted.media == "text/event-stream" || wanted.media == "multipart/mixed") {
			return refuse(http.StatusNotAcceptable, billing.CodeNotSupported,
				"this version of the gateway has no live operations and answers in one piece; accept %s or %s", graphQLJSON, plainJSON)
		}
	}
	return refuse(http.StatusNotAcceptable, billing.CodeBadUserInput, "an answer is %s or %s, and Accept allows neither", graphQLJSON, plainJSON)
}

var qvalue = regexp.MustCompile(`^(0(\.[0-9]{0,3})?|1(\.0{0,3})?)$`)

func readAccept(header http.Header) mediaRanges {
	var ranges mediaRanges
	for part := range list(header, "Accept") {
		if read, ok := readRange(part); ok {
			ranges = append(ranges, read)
		}
	}
	return ranges
}

// readRange takes no range of another charset, which no answer has. Other
// parameters make no difference to the answers there are.
func readRange(part string) (mediaRange, bool) {
	media, params, err := mime.ParseMediaType(part)
	kind, subtype, slash := strings.Cut(media, "/")
	if err != nil || !slash || kind == "*" && subtype != "*" {
		return mediaRange{}, false
	}
	read := mediaRange{media, weight{1, exact}}
	if q, given := params["q"]; given {
		if !qvalue.MatchString(q) {
			return mediaRange{}, false
		}
		read.q, _ = strconv.ParseFloat(q, 64)
	}
	charset, given := params["charset"]
	switch {
	case given && !isUTF8(charset):
		return mediaRange{}, false
	case kind == "*":
		read.exactness = anything
	case subtype == "*":
		read.exactness = anyOfType
	case given:
		read.exactness = exactWithCharset
	}
	return read, true
}

// list is the members of a header that is a list, of all its lines. A comma
// within a quoted string separates nothing.
func list(header http.Header, name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, line := range header.Values(name) {
			for part, rest := cutMember(line); part != "" || rest != ""; part, rest = cutMember(rest) {
				if part = strings.TrimSpace(part); part != "" && !yield(part) {
					return
				}
			}
		}
	}
}

func cutMember(line string) (member, rest string) {
	quoted := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			i++
		case c == ',' && !quoted:
			return line[:i], line[i+1:]
		}
	}
	return line, ""
}
