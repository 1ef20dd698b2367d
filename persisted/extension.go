package persisted

import (
	"encoding/json"
	"strings"

	"tributary/billing"
)

// persistedQuery is the hash or id in extensions.persistedQuery; "" where there
// is none.
func persistedQuery(extensions map[string]any) (string, error) {
	value, ok := extensions["persistedQuery"]
	if !ok || value == nil {
		return "", nil
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return "", billing.Errorf(billing.CodeBadUserInput, "extensions.persistedQuery is an object with version and sha256Hash")
	}
	if version, ok := fields["version"].(json.Number); !ok || version != "1" {
		return "", billing.Errorf(billing.CodeBadUserInput, "the version of extensions.persistedQuery is the number 1")
	}
	hash, ok := fields["sha256Hash"].(string)
	if !ok || hash == "" {
		return "", billing.Errorf(billing.CodeBadUserInput, "extensions.persistedQuery.sha256Hash is a string, the SHA-256 of the document")
	}
	return hash, nil
}

// sha256Hex is a hash as the store names it.
func sha256Hex(hash string) (string, error) {
	if _, ok := parseDigest(hash); !ok {
		return "", billing.Errorf(billing.CodeBadUserInput, "extensions.persistedQuery.sha256Hash has 64 hexadecimal digits")
	}
	return strings.ToLower(hash), nil
}
