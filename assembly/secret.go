package assembly

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"io"

	"tributary/config"
)

// secretOf keys cursors and fingerprints: the configured secret, or else what
// follows from the sources' settings with their credentials. Either is the same
// on every replica and after every start.
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
	binary.Write(sum, binary.BigEndian, uint32(len(text)))
	io.WriteString(sum, text)
}
