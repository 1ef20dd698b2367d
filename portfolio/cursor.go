package portfolio

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"

	"github.com/go-json-experiment/json"

	"tributary/access"
	"tributary/billing"
)

// Cursors signs and opens cursors. All replicas that share its key take each
// other's.
type Cursors struct{ Key []byte }

// position is where a cursor points: a row's sort key and id.
type position struct {
	Null   bool   `json:"z,omitempty"`
	Text   string `json:"t,omitempty"`
	Number int64  `json:"n,omitempty"`
	ID     string `json:"i"`
}

var errCursor = billing.Errorf(billing.CodeBadUserInput,
	"the cursor is not one that this list gave: cursors belong to one list with one filter and order")

const macSize = 16

// listName tells a list from all others.
type listName [sha256.Size]byte

// seal makes the cursor of a row. list names the list that it belongs to.
func (c Cursors) seal(list listName, p position) string {
	payload, err := json.Marshal(p)
	if err != nil {
		// A position holds an id, which always can be written.
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(append(c.sign(list, payload), payload...))
}

// open reads a cursor of that list; errCursor for any other text.
func (c Cursors) open(list listName, cursor string) (position, error) {
	const longest = 4096
	if len(cursor) > longest {
		return position{}, errCursor
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(data) < macSize {
		return position{}, errCursor
	}
	mac, payload := data[:macSize], data[macSize:]
	if !hmac.Equal(mac, c.sign(list, payload)) {
		return position{}, errCursor
	}
	var p position
	if err := json.Unmarshal(payload, &p); err != nil {
		return position{}, errCursor
	}
	return p, nil
}

func (c Cursors) sign(list listName, payload []byte) []byte {
	mac := hmac.New(sha256.New, c.Key)
	mac.Write([]byte("cursor"))
	mac.Write(list[:])
	mac.Write(payload)
	return mac.Sum(nil)[:macSize]
}

// identity names a list as its caller sees it, so that a cursor of another one is
// told apart.
func identity(ctx context.Context, kind, scope string, filter any, order Order) listName {
	// A list that is not given and an empty one filter differently.
	name, err := json.Marshal([]any{access.From(ctx).Subject, kind, scope, filter, order}, json.Deterministic(true), json.FormatNilSliceAsNull(true))
	if err != nil {
		// Filters are texts and times that were read from JSON.
		panic(err)
	}
	return sha256.Sum256(name)
}
