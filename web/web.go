// Package web serves the pages that Tributary shows in a browser: GraphiQL,
// built by Vite into dist and embedded, so that no request leaves the host.
package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

var (
	//go:embed all:dist
	built embed.FS

	//go:embed examples/*.graphql
	exampleFiles embed.FS
)

// pagePolicy is as strict as the page's editor allows: Monaco writes <style>
// elements and style attributes, and its fonts and icons are data: URLs within
// the style sheets. Nothing is evaluated, inline script is refused, and nothing
// can be loaded from or sent to another host.
const pagePolicy = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; " +
	"style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const noticePolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// notice is what a binary built without the page shows in its place.
const notice = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Tributary · GraphiQL is not built</title></head>
<body>
<h1>GraphiQL is not in this build</h1>
<p>The page belongs here, at <code>/graphiql</code>, but this binary was built without it. With Node installed, run</p>
<pre>make web
make build</pre>
<p>and start the new binary. The endpoint works without the page: <code>POST /graphql</code>.</p>
</body>
</html>
`

// contentTypes names every kind of file that the build writes, because the
// table of package mime changes with the machine it runs on.
var contentTypes = map[string]string{
	".html":  "text/html; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".css":   "text/css; charset=utf-8",
	".svg":   "image/svg+xml",
	".ttf":   "font/ttf",
	".woff2": "font/woff2",
}

// GraphiQL serves the GraphiQL page at /graphiql and /graphiql/, and its files
// below /graphiql/assets/. The page talks to /graphql of the same origin. Files
// whose names hold a hash of their content may be cached for good; the page
// itself is revalidated by its ETag. In a build without the page it answers
// 200 with a note on how to build it. It takes GET and HEAD; anything else
// is 405, an unknown path 404.
func GraphiQL() http.Handler {
	dist, err := fs.Sub(built, "dist")
	if err != nil {
		panic("the embedded folder has a fixed name: " + err.Error())
	}
	return graphiql(dist)
}

// Examples returns the documents of the page's example tabs by file name
// without its extension, such as "portfolio". Each holds one operation
// that runs without variables.
func Examples() map[string]string {
	names, err := fs.Glob(exampleFiles, "examples/*.graphql")
	if err != nil {
		panic("the pattern is a constant: " + err.Error())
	}
	documents := make(map[string]string, len(names))
	for _, name := range names {
		document, err := exampleFiles.ReadFile(name)
		if err != nil {
			panic("an embedded file can always be read: " + err.Error())
		}
		documents[strings.TrimSuffix(path.Base(name), ".graphql")] = string(document)
	}
	return documents
}

func graphiql(dist fs.FS) http.Handler {
	page, err := fs.ReadFile(dist, "index.html")
	policy := pagePolicy
	if err != nil {
		page, policy = []byte(notice), noticePolicy
	}
	sum := sha256.Sum256(page)
	etag := `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")

		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			header.Set("Allow", "GET, HEAD")
			http.Error(w, "the page is read with GET", http.StatusMethodNotAllowed)
			return
		}
		if r.URL.Path == "/graphiql" || r.URL.Path == "/graphiql/" {
			header.Set("Content-Type", contentTypes[".html"])
			header.Set("Cache-Control", "no-cache")
			header.Set("ETag", etag)
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(page))
			return
		}
		serveAsset(w, r, dist)
	})
}

func serveAsset(w http.ResponseWriter, r *http.Request, dist fs.FS) {
	name := strings.TrimPrefix(r.URL.Path, "/graphiql/")
	contentType := contentTypes[path.Ext(name)]
	if path.Dir(name) != "assets" || contentType == "" {
		http.NotFound(w, r)
		return
	}
	asset, err := fs.ReadFile(dist, name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(asset))
}
