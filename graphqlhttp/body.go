package graphqlhttp

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"tributary/billing"
)

// body is the whole body of a POST, decompressed.
func (s *Settings) body(r *http.Request) ([]byte, *Refusal) {
	if refused := checkContentType(r.Header); refused != nil {
		return nil, refused.Closing(r)
	}
	unpack, refused := decompressor(r.Header)
	if refused != nil {
		return nil, refused.Closing(r)
	}
	if r.ContentLength > int64(s.Body) {
		return nil, s.tooLarge(r, "the body is %d bytes and may be %d (limit body)", r.ContentLength, s.Body)
	}
	text, err := atMost(r.Body, int64(s.Body), r.ContentLength)
	switch {
	case errors.Is(err, errTooLarge):
		return nil, s.tooLarge(r, "the body is more than the %d bytes that it may be (limit body)", s.Body)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, refuse(http.StatusRequestTimeout, billing.CodeLimitExceeded, "the body did not arrive in time").Closing(r)
	case err != nil:
		return nil, malformed("the body did not arrive whole").Closing(r)
	case unpack == nil:
		return text, nil
	}
	text, err = unpack(text, int64(s.Body))
	switch {
	case errors.Is(err, errTooLarge):
		return nil, s.tooLarge(r, "the body is decompressed more than the %d bytes that it may be (limit body)", s.Body)
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return nil, s.tooLarge(r, "the body needs a zstd window of more than %d bytes, which is the most by RFC 9659", largestWindow)
	case err != nil:
		return nil, malformed("the body is not compressed as its Content-Encoding says, or not whole")
	}
	return text, nil
}

func (s *Settings) tooLarge(r *http.Request, format string, args ...any) *Refusal {
	return refuse(http.StatusRequestEntityTooLarge, billing.CodeLimitExceeded, format, args...).Closing(r)
}

func checkContentType(header http.Header) *Refusal {
	unsupported := func(message string) *Refusal {
		return refuse(http.StatusUnsupportedMediaType, billing.CodeBadUserInput, "%s", message).with("Accept", plainJSON)
	}
	lines := header.Values("Content-Type")
	if len(lines) != 1 {
		return unsupported("a POST has one Content-Type, which is application/json")
	}
	if lines[0] == plainJSON {
		return nil
	}
	media, params, err := mime.ParseMediaType(lines[0])
	if err != nil || media != plainJSON {
		return unsupported("the Content-Type of a POST is application/json")
	}
	if charset := params["charset"]; charset != "" && !isUTF8(charset) {
		return unsupported("the charset of the body is utf-8")
	}
	return nil
}

func isUTF8(charset string) bool {
	return isWord(charset, "utf-8") || isWord(charset, "utf8")
}

// isWord compares protocol words, which are ASCII in any case.
func isWord(text, word string) bool { return strings.EqualFold(strings.TrimSpace(text), word) }

// unpacker decompresses up to a number of bytes, or fails with errTooLarge.
type unpacker func(packed []byte, most int64) ([]byte, error)

var unpackers = map[string]unpacker{
	"gzip":    ungzip,
	"x-gzip":  ungzip, // the same by RFC 9110, section 8.4.1.3
	"deflate": inflate,
	"zstd":    unzstd,
}

const unpackable = "gzip, deflate, zstd"

// decompressor is nil for a body that is not compressed.
func decompressor(header http.Header) (unpacker, *Refusal) {
	var unpack unpacker
	for coding := range list(header, "Content-Encoding") {
		coding = strings.ToLower(coding)
		if coding == "identity" {
			continue
		}
		known, ok := unpackers[coding]
		if !ok || unpack != nil {
			return nil, refuse(http.StatusUnsupportedMediaType, billing.CodeBadUserInput,
				"the Content-Encoding of a body is none or one of %s", unpackable).with("Accept-Encoding", unpackable)
		}
		unpack = known
	}
	return unpack, nil
}

func ungzip(packed []byte, most int64) ([]byte, error) {
	stream, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return atMost(stream, most, unknownLength)
}

func inflate(packed []byte, most int64) ([]byte, error) {
	source := bytes.NewReader(packed)
	stream, err := zlib.NewReader(source)
	if err != nil {
		return nil, err
	}
	text, err := atMost(stream, most, unknownLength)
	if err == nil && source.Len() > 0 {
		err = errors.New("bytes after the compressed stream")
	}
	return text, err
}

// largestWindow is what RFC 9659 allows a sender of Content-Encoding: zstd.
const largestWindow = 8 << 20

// unzstd decodes into one slice that never grows: the window is the output
// itself, so one that is announced and not used costs nothing.
func unzstd(packed []byte, most int64) ([]byte, error) {
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true),
		// The library allows no window that is larger than its memory.
		zstd.WithDecoderMaxMemory(max(uint64(most), largestWindow)), zstd.WithDecoderMaxWindow(largestWindow)) // #nosec G115 -- most is a size of the configuration, 1KiB at least
	if err != nil {
		return nil, err
	}
	defer decoder.Close()
	text, err := decoder.DecodeAll(packed, make([]byte, 0, most))
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		return nil, errTooLarge
	}
	return text, err
}

var errTooLarge = errors.New("more bytes than allowed")

const unknownLength = -1

// atMost reads all of stream, and one byte more than most where there is one. A
// stream whose length is known has no more bytes than that.
func atMost(stream io.Reader, most, length int64) ([]byte, error) {
	if length >= 0 && length <= most {
		text := make([]byte, length)
		_, err := io.ReadFull(stream, text)
		return text, err
	}
	text, err := io.ReadAll(io.LimitReader(stream, most+1))
	if int64(len(text)) > most {
		return nil, errTooLarge
	}
	return text, err
}
