package productive

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"tributary/billing"
	"tributary/sources/upstream"
	"tributary/sources/wire"
)

// mediaType is that of every answer, errors included. application/json is not
// taken: the API never sends it, so it comes from something in between.
const mediaType = "application/vnd.api+json"

const (
	opGet    = "get subscription"
	opProbe  = "probe"
	opCancel = "cancel subscription"
	opRenew  = "renew subscription"
	opChange = "change subscription"
)

// get fetches an organisation's subscription; nil where it has none.
func (s *Source) get(ctx context.Context, organization string) (*resource, error) {
	return s.getAs(ctx, organization, organization)
}

// getAs is get with the credentials for calls about whose, "" for the source's.
func (s *Source) getAs(ctx context.Context, whose, organization string) (*resource, error) {
	resp, err := s.client.Do(ctx, upstream.Request{
		Op:     opGet,
		Org:    whose,
		Path:   []string{"api", "v2", resourceType, organization},
		Accept: []string{mediaType},
		Status: s.status(opGet),
	})
	if billing.CodeOf(err) == billing.CodeNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	data, err := decodeOf(organization, resp.Body)
	if err != nil {
		return nil, s.client.BadData(opGet, err)
	}
	return data, nil
}

// decodeOf is decode of a document that has to be organization's.
func decodeOf(organization string, body []byte) (*resource, error) {
	data, err := decode(body)
	if err != nil {
		return nil, err
	}
	if data.ID != "" && data.ID != organization {
		return nil, errors.New("the document is of another organisation")
	}
	return data, nil
}

// probe asks for the first of the organisations that the credentials can see.
func (s *Source) probe(ctx context.Context) error {
	_, err := s.client.Do(ctx, upstream.Request{
		Op:     opProbe,
		Path:   []string{"api", "v2", "organizations"},
		Query:  url.Values{"page[size]": {"1"}},
		Accept: []string{mediaType},
		Status: s.status(opProbe),
	})
	return err
}

// codes is what Productive's HTTP statuses mean. A payment failed at 402,
// unlike elsewhere. 400, 406 and 415 say that gateway and API no longer agree
// on how to talk; 405 answers a step that the subscription's state does not
// allow, such as reactivating what runs.
var codes = map[int]billing.Code{
	http.StatusBadRequest:           billing.CodeSourceBadData,
	http.StatusUnauthorized:         billing.CodeSourceAuthFailed,
	http.StatusPaymentRequired:      billing.CodePaymentRequired,
	http.StatusForbidden:            billing.CodeForbidden,
	http.StatusNotFound:             billing.CodeNotFound,
	http.StatusMethodNotAllowed:     billing.CodeConflict,
	http.StatusNotAcceptable:        billing.CodeSourceBadData,
	http.StatusRequestTimeout:       billing.CodeSourceTimeout,
	http.StatusConflict:             billing.CodeConflict,
	http.StatusUnsupportedMediaType: billing.CodeSourceBadData,
	http.StatusUnprocessableEntity:  billing.CodeBadUserInput,
	http.StatusTooManyRequests:      billing.CodeSourceRateLimited,
}

func codeOf(status int) billing.Code {
	if code, ok := codes[status]; ok {
		return code
	}
	if status >= http.StatusInternalServerError {
		return billing.CodeSourceUnavailable
	}
	return billing.CodeSourceBadData
}

// status accepts 200 and gives every other status its code.
func (s *Source) status(op string) func(*upstream.Response) error {
	return func(resp *upstream.Response) error {
		if resp.Status == http.StatusOK {
			return nil
		}
		return s.refusal(op, resp, reason(resp.Body))
	}
}

// refusal is the error of a status other than 200; why is for the log. Of a spent
// quota's headers only X-RateLimit-Reset, in seconds, is documented.
func (s *Source) refusal(op string, resp *upstream.Response, why string) *billing.Error {
	err := s.client.Fail(codeOf(resp.Status), op, resp, why)
	if err.Code != billing.CodeSourceRateLimited {
		return err
	}
	none := 0
	resp.Quota(&none, time.Time{})
	if at := resp.QuotaResetsAt(); !at.IsZero() {
		err.RetryAfter = at
	}
	return err
}

// reason is the title and code of a document's first error, for the log. The
// detail is left out, for it holds what was sent and a payment provider's words.
func reason(body []byte) string {
	var doc struct {
		Errors []struct {
			Title string `json:"title"`
			Code  string `json:"code"`
		} `json:"errors"`
	}
	if wire.Decode(body, &doc) != nil || len(doc.Errors) == 0 {
		return ""
	}
	first := doc.Errors[0]
	return strings.TrimSpace(harmless(first.Title) + " " + harmless(first.Code))
}

// harmless is text where it is a few words, as titles and codes are: a number
// or an address in it would be somebody's.
func harmless(text string) string {
	const longest = 80
	if len(text) > longest || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !strings.ContainsRune(" _-.", r) }) {
		return ""
	}
	return text
}
