package persisted

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"

	"tributary/config"
)

// largestManifest bounds the file, in bytes.
const largestManifest = 32 << 20

// Reload reads the manifest again, and keeps the present one where that fails.
// It logs what came of it; its error is config.Problems.
func (d *Documents) Reload() error { return d.file.Reload() }

// Watch reloads the manifest when its file changes, until ctx ends.
func (d *Documents) Watch(ctx context.Context) { d.file.Watch(ctx) }

// take reads the manifest, where there is one.
func (d *Documents) take() (slog.Attr, error) {
	path := d.settings.Manifest
	if path == "" {
		return slog.Attr{}, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return slog.Attr{}, config.Unreadable(path, err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, largestManifest+1))
	if err != nil {
		return slog.Attr{}, config.Unreadable(path, err)
	}
	if len(data) > largestManifest {
		return slog.Attr{}, config.Problems{{File: path, Message: fmt.Sprintf("a manifest has at most %s", config.Size(largestManifest))}}
	}
	trusted, err := parse(path, data, d.check)
	if err != nil {
		return slog.Attr{}, err
	}
	d.trusted.Store(trusted)
	return slog.Int("documents", trusted.size()), nil
}
