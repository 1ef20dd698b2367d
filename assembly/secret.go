package assembly

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"io"

	"tributary/config"
	"tributary/sources/upstream"
)

// secretOf keys cursors and fingerprints: the configured secret, or else what
// follows from the sources' settings with their credentials. Either is the same
// on every replica and after every start. Of a credential in a file the path
// counts, and not what the file holds: replicas that were started before and
// after its rotation take each other's cursors.
func secretOf(settings *config.Config) []byte {
	sum := sha256.New()
	if settings.Secret != "" {
		sum.Write([]byte("secret:" + settings.Secret))
		return sum.Sum(nil)
	}
	for _, source := range settings.Sources {
		addText(sum, source.Name)
		addNode(sum, source.Node)
	}
	return sum.Sum(nil)
}

// isGuessable reports whether secretOf follows from nothing secret.
func isGuessable(settings *config.Config) bool {
	if settings.Secret != "" {
		return false
	}
	for _, source := range settings.Sources {
		var written struct {
			Auth upstream.Auth `yaml:"auth"`
		}
		// The other keys are unknown here, and what is wrong is told by the adapter.
		_ = source.Node.Decode(&written)
		if written.Auth.HoldsSecret() {
			return false
		}
	}
	return true
}

// secretFor keys the fingerprints of one source. It follows from all of the
// source's settings, for they decide how its answers are normalised: gateways
// that differ in one share no answer of that source.
func secretFor(source config.Source, secret []byte) []byte {
	sum := hmac.New(sha256.New, secret)
	addText(sum, source.Name)
	addNode(sum, source.Node)
	return sum.Sum(nil)
}

func addNode(sum hash.Hash, node config.Node) {
	if text, err := node.Text(); err == nil {
		addText(sum, text)
		return
	}
	if items, err := node.Items(); err == nil {
		for _, item := range items {
			addNode(sum, item)
		}
		return
	}
	fields, err := node.Fields()
	if err != nil {
		return
	}
	for _, field := range fields {
		addText(sum, field.Name)
		addNode(sum, field.Value)
	}
}

func addText(sum hash.Hash, text string) {
	binary.Write(sum, binary.BigEndian, uint32(len(text))) // #nosec G115 -- a value of a configuration file, never of 4 GiB
	io.WriteString(sum, text)
}
