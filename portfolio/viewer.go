package portfolio

import (
	"context"

	"tributary/access"
)

// Viewer is the caller as the schema shows it.
type Viewer struct {
	Subject string
	Scopes  []string
}

// ViewerOf is who asks.
func ViewerOf(ctx context.Context) *Viewer {
	caller := access.From(ctx)
	viewer := &Viewer{Subject: caller.Subject, Scopes: make([]string, len(caller.Scopes))}
	for i, scope := range caller.Scopes {
		viewer.Scopes[i] = string(scope)
	}
	return viewer
}
