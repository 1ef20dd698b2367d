package identity

import (
	"slices"
	"strings"

	"tributary/access"
)

// caller is whom a verified token's claims speak of; false where a claim has
// another form than is needed, so that a slip of the issuer grants nothing.
func (j *JWT) caller(claims map[string]any) (*access.Caller, bool) {
	value, _ := claim(claims, j.Claims.Subject)
	subject, _ := value.(string)
	if !isName(subject) {
		return nil, false
	}
	c := &access.Caller{Subject: subject, Scopes: scopesOf(j.Scopes), AllAccounts: j.accounts.all, Accounts: j.accounts.ids}
	if value, ok := claim(claims, j.Claims.Scopes); ok {
		words, ok := texts(value)
		if !ok {
			return nil, false
		}
		if text, ok := value.(string); ok {
			words = strings.Fields(text)
		}
		c.Scopes = knownScopes(words)
	}
	if value, ok := claim(claims, j.Claims.Accounts); ok {
		ids, ok := texts(value)
		if !ok {
			return nil, false
		}
		c.AllAccounts = j.All != "" && slices.Contains(ids, j.All)
		c.Accounts = ids
		if c.AllAccounts {
			c.Accounts = nil
		}
	}
	return c, true
}

// claim is a claim by its name or, where there is none of that name, by the
// path that the name's dots make.
func claim(claims map[string]any, name string) (any, bool) {
	if value, ok := claims[name]; ok {
		return value, true
	}
	before, rest, nested := strings.Cut(name, ".")
	if !nested {
		return nil, false
	}
	inner, ok := claims[before].(map[string]any)
	if !ok {
		return nil, false
	}
	return claim(inner, rest)
}

// texts are the members of a list of texts, or the one text.
func texts(value any) ([]string, bool) {
	switch value := value.(type) {
	case string:
		return []string{value}, true
	case []any:
		all := make([]string, len(value))
		for i, one := range value {
			text, ok := one.(string)
			if !ok {
				return nil, false
			}
			all[i] = text
		}
		return all, true
	}
	return nil, false
}

// knownScopes are the words that are scopes of ours, each once; an issuer has
// scopes for other services too.
func knownScopes(words []string) []access.Scope {
	var scopes []access.Scope
	for _, known := range access.Scopes {
		if slices.Contains(words, string(known)) {
			scopes = append(scopes, known)
		}
	}
	return scopes
}
