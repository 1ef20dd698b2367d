package graphqlhttp

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Coding is a content coding of an answer, as headers name it.
type Coding string

// The codings.
const (
	Identity Coding = "" // not compressed
	Gzip     Coding = "gzip"
	Brotli   Coding = "br"
	Zstd     Coding = "zstd"
)

// worthPacking is the size from which an answer is compressed, in bytes.
const worthPacking = 1024

// preferred are the codings in the order in which they are taken where a client
// wants them alike: zstd packs about as well as br and takes the least time.
var preferred = []Coding{Zstd, Brotli, Gzip}

// ChooseCoding is the coding of an answer of a number of bytes to r, by the rules
// of RFC 9110, section 12.5.3. An answer to a client that takes no coding at all,
// not even none, is not compressed.
func ChooseCoding(r *http.Request, size int) Coding {
	lines := r.Header["Accept-Encoding"]
	if size < worthPacking || len(lines) == 0 {
		return Identity
	}
	q := map[string]float64{}
	for part := range list(r.Header, "Accept-Encoding") {
		name, params, _ := strings.Cut(part, ";")
		q[strings.ToLower(strings.TrimSpace(name))] = qOf(params)
	}
	best, most := Identity, 0.0
	for _, coding := range preferred {
		wanted, named := q[string(coding)]
		if !named {
			wanted = q["*"]
		}
		if wanted > most {
			best, most = coding, wanted
		}
	}
	if identity, named := q["identity"]; named && identity > most {
		return Identity
	}
	return best
}

// qOf is the weight in the parameters of a coding; one that cannot be read is 0.
func qOf(params string) float64 {
	name, value, given := strings.Cut(params, "=")
	if !given && strings.TrimSpace(params) == "" {
		return 1
	}
	value = strings.TrimSpace(value)
	if !isWord(name, "q") || !qvalue.MatchString(value) {
		return 0
	}
	q, _ := strconv.ParseFloat(value, 64)
	return q
}

// Encode is body in the coding.
func (c Coding) Encode(body []byte) []byte {
	switch c {
	case Gzip:
		return pack(gzips, body)
	case Brotli:
		return pack(brotlis, body)
	case Zstd:
		return zstds().EncodeAll(body, make([]byte, 0, len(body)/4))
	default:
		return body
	}
}

// packer compresses one body after another.
type packer interface {
	io.WriteCloser
	Reset(io.Writer)
}

// What follows is on a query's way, so that middling levels are taken: the ones
// above pack JSON a few percent smaller at several times the cost.
var (
	gzips = &sync.Pool{New: func() any {
		packer, _ := gzip.NewWriterLevel(nil, 5) // it fails for levels that there are not
		return packer
	}}
	brotlis = &sync.Pool{New: func() any { return brotli.NewWriterLevel(nil, 4) }}

	zstds = sync.OnceValue(func() *zstd.Encoder {
		encoder, _ := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithLowerEncoderMem(true)) // it fails for options out of range
		return encoder
	})
)

func pack(pool *sync.Pool, body []byte) []byte {
	var packed bytes.Buffer
	packed.Grow(len(body)/4 + 64)
	p := pool.Get().(packer)
	defer pool.Put(p)
	p.Reset(&packed)
	// A buffer takes all that is written.
	_, _ = p.Write(body)
	_ = p.Close()
	return packed.Bytes()
}
