package productive

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"tributary/billing"
	"tributary/sources/upstream"
	"tributary/sources/wire"
)

// command is a PATCH that changes a subscription.
type command struct {
	op         string
	step       string           // the part of the path after the id; "" for the subscription itself
	attributes map[string]any   // nil sends no body at all
	inputs     map[string]input // by attribute, what may be refused
	secret     bool             // a payment token is sent: no word of the answer goes into an error
}

// input is what a client calls an attribute.
type input struct{ field, words string }

// changeDocument is a JSON:API document of what is to be changed. It names no id: the
// API's own examples do not, and the path does.
type changeDocument struct {
	Data changeResource `json:"data"`
}

type changeResource struct {
	Type       string         `json:"type"`
	Attributes map[string]any `json:"attributes"`
}

// patch sends a command once. The API answers with the subscription as it then
// is.
func (s *Source) patch(ctx context.Context, ref billing.Ref, c command) (*billing.Subscription, error) {
	body, err := c.body()
	if err != nil {
		return nil, &billing.Error{Code: billing.CodeInternal, Source: s.name, Op: c.op, Err: err}
	}
	resp, err := s.client.Do(ctx, upstream.Request{
		Op:     c.op,
		Org:    ref.Org,
		Method: http.MethodPatch,
		Path:   c.path(ref.Org),
		Header: http.Header{"Content-Type": {mediaType}}, // asked for even where there is no body
		Body:   body,
		Accept: []string{mediaType},
		Status: s.verdict(c),
	})
	if err != nil {
		return nil, err
	}
	sub, err := s.answer(ctx, ref, resp.Body)
	if err != nil {
		return nil, s.client.Unread(c.op, c.cause(err))
	}
	return sub, nil
}

func (c command) path(organization string) []string {
	path := []string{"api", "v2", resourceType, organization}
	if c.step != "" {
		path = append(path, c.step)
	}
	return path
}

func (c command) body() ([]byte, error) {
	if c.attributes == nil {
		return nil, nil
	}
	body, err := json.Marshal(changeDocument{changeResource{resourceType, c.attributes}}, json.Deterministic(true))
	if err != nil {
		return nil, errors.New("the input cannot be written as JSON") // err quotes it
	}
	return body, nil
}

// answer is the subscription of the answer to a command.
func (s *Source) answer(ctx context.Context, ref billing.Ref, body []byte) (*billing.Subscription, error) {
	data, err := decodeOf(ref.Org, body)
	if err != nil {
		return nil, err
	}
	return s.subscription(ctx, ref, data)
}

// cause is err as the log may have it: a fault's place is named by the keys of
// the answer, one of which could repeat what was sent.
func (c command) cause(err error) error {
	if c.secret {
		return errors.New("the answer does not fit")
	}
	return err
}

// verdict is the status table for a command. It is that of reading, with
// sentences and fields for what a client can mend.
func (s *Source) verdict(c command) func(*upstream.Response) error {
	return func(resp *upstream.Response) error {
		if resp.Status == http.StatusOK {
			return nil
		}
		why := ""
		if !c.secret {
			why = reason(resp.Body)
		}
		err := s.refusal(c.op, resp, why)
		switch err.Code {
		case billing.CodeConflict:
			err.Message = "source " + s.name + " does not allow this in the subscription's present state"
		case billing.CodeBadUserInput:
			if refused, ok := c.refused(resp.Body); ok {
				err.Field = []string{refused.field}
				err.Message = "source " + s.name + " does not take " + refused.words + " that was given"
			}
		}
		return err
	}
}

// refused is the first input that an error document points at. Its words are
// the vendor's, or the payment provider's, and are not read.
func (c command) refused(body []byte) (input, bool) {
	var doc struct {
		Errors []struct {
			Source struct {
				Pointer string `json:"pointer"`
			} `json:"source"`
		} `json:"errors"`
	}
	if wire.Decode(body, &doc) != nil {
		return input{}, false
	}
	for _, e := range doc.Errors {
		path, ok := strings.CutPrefix(strings.TrimPrefix(e.Source.Pointer, "/"), "data/attributes/")
		if !ok {
			continue
		}
		attribute, _, _ := strings.Cut(path, "/")
		if refused, ok := c.inputs[attribute]; ok {
			return refused, true
		}
	}
	return input{}, false
}
