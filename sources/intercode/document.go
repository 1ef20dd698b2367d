package intercode

import (
	"errors"

	"github.com/go-json-experiment/json/jsontext"

	"tributary/sources/wire"
)

// teamSubscription is the answer of GET /subscriptions/me. The vendor's page
// shows one example and says nothing of nulls, so everything may be missing.
type teamSubscription struct {
	TeamID         *id           `json:"teamId"`
	SubscriptionID *id           `json:"subscriptionId"`
	EndDate        *string       `json:"endDate"`
	Price          *wire.Decimal `json:"price"`
	Status         *string       `json:"status"`
	Tier           *string       `json:"tier"` // the title of a tier
	Priority       *wire.Int     `json:"priority"`
	UsersLimit     *wire.Int     `json:"usersLimit"`
	TeamsLimit     *wire.Int     `json:"teamsLimit"`
}

// tier is an element of GET /subscriptions. Description, features and
// popularity can be written and are not shown.
type tier struct {
	ID         *id           `json:"id"`
	Title      *string       `json:"title"`
	Price      *wire.Decimal `json:"price"`
	Priority   *wire.Int     `json:"priority"`
	UsersLimit *wire.Int     `json:"usersLimit"`
	TeamsLimit *wire.Int     `json:"teamsLimit"`
}

// id is an identifier, sent as a JSON string or a JSON number.
type id string

// UnmarshalJSONFrom keeps the digits of a number as they were sent.
func (i *id) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	token, err := dec.ReadToken()
	if err != nil {
		return err
	}
	if kind := token.Kind(); kind != '0' && kind != '"' {
		return errors.New("not an id")
	}
	*i = id(token.String())
	return nil
}

// text is i as a plain pointer.
func (i *id) text() *string {
	if i == nil {
		return nil
	}
	s := string(*i)
	return &s
}
