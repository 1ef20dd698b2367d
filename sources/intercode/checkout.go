package intercode

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"tributary/billing"
	"tributary/sources/wire"
)

// CheckCheckout wants a price, at least one seat, and a team: one that is there,
// named as ParseRef reads it, or one that the checkout creates.
func (s *Source) CheckCheckout(request billing.CheckoutRequest) []*billing.Error {
	f := faults{billing.Refusals{Source: s.name, Op: opCheckout}}
	if strings.TrimSpace(request.PriceID) == "" {
		f.Input([]string{"priceId"}, "priceId is empty; it is the payment provider's id of a price")
	}
	if request.Quantity < 1 {
		f.Input([]string{"quantity"}, "quantity is at least 1")
	}
	switch {
	case request.Team == nil && !request.CreatesTeam:
		f.Input([]string{"teamId"}, "a checkout is for a team: name one, or have the checkout create it")
	case request.Team == nil:
	case *request.Team == "":
		f.Input([]string{"teamId"}, "teamId is empty; leave it out where the checkout creates the team")
	default:
		if fault := s.teamFault(*request.Team); fault != "" {
			f.Input([]string{"teamId"}, "%s", fault)
		}
	}
	return f.List
}

// registration is what POST /subscriptions/register requires, all four of it.
type registration struct {
	PriceID        string  `json:"priceId"`
	Quantity       int     `json:"quantity"`
	TeamID         *string `json:"teamId"`
	IsTeamCreation bool    `json:"isTeamCreation"`
}

// OpenCheckout asks for a page of the payment provider. Nothing has changed
// until somebody pays there.
func (s *Source) OpenCheckout(ctx context.Context, request billing.CheckoutRequest) (*billing.Checkout, error) {
	team := ""
	if request.Team != nil {
		team = *request.Team
	}
	resp, err := s.send(ctx, order{
		op:     opCheckout,
		method: http.MethodPost,
		team:   team,
		path:   []string{"register"},
		body: registration{
			PriceID:        request.PriceID,
			Quantity:       request.Quantity,
			TeamID:         request.Team,
			IsTeamCreation: request.CreatesTeam,
		},
	})
	if err != nil {
		return nil, err
	}
	checkout, err := readCheckout(resp.Body)
	if err != nil {
		return nil, s.client.Unread(opCheckout, err)
	}
	return checkout, nil
}

// readCheckout refuses an address that no browser should be sent to. Its errors
// do not tell it: whoever has it can pay for, or take over, the checkout.
func readCheckout(body []byte) (*billing.Checkout, error) {
	var doc struct {
		Redirect bool   `json:"redirect"`
		URL      string `json:"url"`
	}
	if err := wire.Decode(body, &doc); err != nil {
		return nil, err
	}
	address, err := url.Parse(doc.URL)
	if err != nil || address.Hostname() == "" || address.Scheme != "https" && address.Scheme != "http" {
		return nil, errors.New("at /url: not an absolute address of http or https")
	}
	return &billing.Checkout{Redirect: doc.Redirect, URL: doc.URL}, nil
}
