package assembly

import (
	"strings"

	"tributary/accounts"
	"tributary/config"
	"tributary/loaders"
	"tributary/secrets"
	"tributary/sources/upstream"
)

// authorised is a source as the directory knows it: one whose holdings may have
// credentials of their own.
type authorised struct {
	*loaders.Source
	files *secrets.Files
}

// ReadAuth reads the auth of a holding, which looks like its source's.
func (a authorised) ReadAuth(auth config.Node) (accounts.Credentials, error) {
	var written upstream.Auth
	if err := auth.Decode(&written); err != nil {
		return nil, err
	}
	own, err := written.OpenOwn(a.files)
	if err == nil {
		return own, nil
	}
	key, message := "", err.Error()
	if invalid, ok := err.(*upstream.Invalid); ok {
		key, message = invalid.Setting()
	}
	key = strings.TrimPrefix(strings.TrimPrefix(key, "auth"), ".")
	return nil, auth.Problem(key, "%s", message)
}

// ownCredentials finds an organisation's own credentials at a source in the
// present directory.
func (a *Assembly) ownCredentials(source string) func(org string) *upstream.Credentials {
	return func(org string) *upstream.Credentials {
		own, _ := a.Directory.Current().Credentials(source, org).(*upstream.Credentials)
		return own
	}
}
