// Command licences lists the licences of all that ends in the binary: the Go
// modules that it links, and the npm packages that the page may bundle. It
// exits 1 where one is on no allow-list, or where a module's text says none.
package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// allowed are the licences that let the binary be passed on with a notice and
// ask nothing of the code around them.
var allowed = []string{"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0", "PSF-2.0", "Unicode-3.0"}

// covered is the share of a licence's file, in percent, that has to be text of a
// known licence. What is left is names of holders and notes on single files.
const covered = 60

// part is one thing that is linked or bundled.
type part struct {
	Name, Version string
	Licences      []string
}

func main() {
	if err := list(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func list(out io.Writer) error {
	modules, err := goModules()
	if err != nil {
		return err
	}
	packages, err := npmPackages("web/package-lock.json")
	if err != nil {
		return err
	}
	if err := judge(slices.Concat(modules, packages)); err != nil {
		return err
	}
	fmt.Fprint(out, "# Licences\n\nWhat ends in the binary, and under which licence. `make licences` writes this page, `make check` compares it.\nAllowed are "+
		strings.Join(allowed, ", ")+".\n\n## Go modules\n\nBeside them the standard library of Go, BSD-3-Clause.\n\n")
	table(out, modules)
	fmt.Fprint(out, "\n## npm packages\n\nAll that the GraphiQL page depends on, whether or not the bundler takes something of it.\n\n")
	table(out, packages)
	return nil
}

func judge(parts []part) error {
	var faults []error
	for _, p := range parts {
		if len(p.Licences) == 0 {
			faults = append(faults, fmt.Errorf("%s %s: no licence found", p.Name, p.Version))
		}
		for _, licence := range p.Licences {
			if !slices.Contains(allowed, licence) {
				faults = append(faults, fmt.Errorf("%s %s: %s is not allowed", p.Name, p.Version, licence))
			}
		}
	}
	return errors.Join(faults...)
}

func table(out io.Writer, parts []part) {
	fmt.Fprint(out, "| what | version | licence |\n|---|---|---|\n")
	for _, p := range parts {
		fmt.Fprintf(out, "| %s | %s | %s |\n", p.Name, p.Version, strings.Join(p.Licences, ", "))
	}
}

// goModules reads the licences of the modules that the program links on Linux,
// wherever it is asked.
func goModules() ([]part, error) {
	command := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}", ".")
	command.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	command.Stderr = os.Stderr
	listed, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	lines := slices.Sorted(strings.Lines(string(listed)))
	var parts []part
	for _, line := range slices.Compact(lines) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		if len(fields) != 3 {
			continue
		}
		licences, err := inFolder(fields[2])
		if err != nil {
			return nil, err
		}
		parts = append(parts, part{fields[0], fields[1], licences})
	}
	return parts, nil
}

// inFolder names the licences of the files in folder that look like one. A file
// that is no known text counts as the licence UNKNOWN.
func inFolder(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, entry := range entries {
		name := strings.ToUpper(entry.Name())
		if entry.IsDir() || !strings.HasPrefix(name, "LICEN") && !strings.HasPrefix(name, "COPYING") && !strings.HasPrefix(name, "UNLICENSE") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			return nil, err
		}
		coverage := licensecheck.Scan(text)
		if coverage.Percent < covered {
			found = append(found, "UNKNOWN")
		}
		for _, match := range coverage.Match {
			if !match.IsURL {
				found = append(found, match.ID)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// npmPackages reads the licences of what is not for development alone.
func npmPackages(lock string) ([]part, error) {
	data, err := os.ReadFile(lock)
	if err != nil {
		return nil, err
	}
	var locked struct {
		Packages map[string]struct {
			Version, License string
			Dev              bool
		}
	}
	if err := json.Unmarshal(data, &locked); err != nil {
		return nil, fmt.Errorf("%s: %w", lock, err)
	}
	var parts []part
	for path, p := range locked.Packages {
		if path == "" || p.Dev {
			continue
		}
		name := path[strings.LastIndex(path, "node_modules/")+len("node_modules/"):]
		var licences []string
		if p.License != "" {
			licences = []string{p.License}
		}
		parts = append(parts, part{name, p.Version, licences})
	}
	if len(parts) == 0 {
		return nil, fmt.Errorf("%s names no package", lock)
	}
	slices.SortFunc(parts, func(a, b part) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Version, b.Version))
	})
	return slices.CompactFunc(parts, func(a, b part) bool { return a.Name == b.Name && a.Version == b.Version }), nil
}
