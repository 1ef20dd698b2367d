package graphqlhttp

import "net/http"

// Read is ReadText and Parse.
func (s *Settings) Read(r *http.Request) (requests []*Request, batch bool, refused *Refusal) {
	text, refused := s.ReadText(r)
	if refused != nil {
		return nil, false, refused
	}
	return s.Parse(r.Method, text)
}
