package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestLicencesAreReadAndJudged(t *testing.T) {
	const isc = `Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted,
provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.`
	const wtfpl = `DO WHAT THE FUCK YOU WANT TO PUBLIC LICENSE
TERMS AND CONDITIONS FOR COPYING, DISTRIBUTION AND MODIFICATION
0. You just DO WHAT THE FUCK YOU WANT TO.`
	cases := []struct {
		name, file, text string
		want             []string
		fault            string
	}{
		{"a licence that is allowed", "LICENSE", isc, []string{"ISC"}, ""},
		{"one that is not", "COPYING", wtfpl, []string{"WTFPL"}, "WTFPL is not allowed"},
		{"words of somebody's own", "LICENCE.md", "You may look at this on Sundays.", []string{"UNKNOWN"}, "UNKNOWN is not allowed"},
		{"none", "README.md", isc, nil, "no licence found"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			if err := os.WriteFile(filepath.Join(folder, c.file), []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := inFolder(folder)
			if err != nil || !slices.Equal(got, c.want) {
				t.Fatalf("read %q, %v, want %q", got, err, c.want)
			}
			fault := ""
			if err := judge([]part{{"example.com/m", "v1.0.0", got}}); err != nil {
				fault = err.Error()
			}
			if (fault == "") != (c.fault == "") || !strings.Contains(fault, c.fault) {
				t.Errorf("judged %q, want %q", fault, c.fault)
			}
		})
	}
}
