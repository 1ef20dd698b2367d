// Package persisted finds the documents that requests name instead of sending
// them: trusted ones of a manifest, and those that clients registered.
package persisted

import (
	"errors"
	"math"
	"time"

	"tributary/config"
)

// Settings are the part of the configuration that is called documents.
type Settings struct {
	Mode     Mode   `yaml:"mode"`
	Manifest string `yaml:"manifest"` // the path of the trusted documents; "" for none
	APQ      APQ    `yaml:"apq"`
}

// Mode says what becomes of documents that are not trusted.
type Mode string

// Off executes every document, Log too but says which were not trusted, and
// Only executes trusted ones alone.
const (
	Off  Mode = "off"
	Log  Mode = "log"
	Only Mode = "only"
)

// APQ bounds automatic persisted queries: the documents that clients register
// by their SHA-256.
type APQ struct {
	Enabled bool          `yaml:"enabled"` // without effect in mode Only
	TTL     time.Duration `yaml:"ttl"`     // since the last use
	Entries int           `yaml:"entries"` // in memory
	Memory  config.Size   `yaml:"memory"`  // of all of them; bounds what a process adds to Redis too
	Largest config.Size   `yaml:"largest"` // a longer document is executed, but not kept
}

// Defaults trust nobody in particular and keep what clients register for a day.
func (s *Settings) Defaults() { s.Mode = Off }

// Defaults keep a thousand documents.
func (a *APQ) Defaults() {
	*a = APQ{Enabled: true, TTL: 24 * time.Hour, Entries: 1000, Memory: 16 << 20, Largest: 64 << 10}
}

// Validate refuses a mode that there is not, and one that lacks its manifest.
func (s *Settings) Validate() error {
	switch s.Mode {
	case Off:
	case Log, Only:
		if s.Manifest == "" {
			return config.Invalidf("manifest", "mode %s needs a manifest of trusted documents", s.Mode)
		}
	default:
		return config.Invalidf("mode", "there are the modes off, log and only")
	}
	return nil
}

// Validate refuses a store that could hold nothing.
func (a *APQ) Validate() error {
	var faults []error
	if a.TTL < time.Second {
		faults = append(faults, config.Invalidf("ttl", "a document is kept for 1s or longer"))
	}
	if a.Entries < 1 {
		faults = append(faults, config.Invalidf("entries", "at least 1 document has to be kept"))
	}
	if a.Largest < 1 || a.Largest > math.MaxInt32 {
		faults = append(faults, config.Invalidf("largest", "the longest document has between 1 byte and 2GiB"))
	}
	if a.Memory < a.Largest+overhead {
		faults = append(faults, config.Invalidf("memory", "one document of the largest size has to fit, and %d bytes beside it", overhead))
	}
	return errors.Join(faults...)
}
