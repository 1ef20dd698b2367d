package cache

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"reflect"
	"strconv"

	"github.com/fxamacker/cbor/v2"
	"github.com/klauspost/compress/s2"
)

// Codec turns values of one type into bytes for Redis and back.
type Codec[V any] struct {
	// IsAbsent reports the value that stands for "there is none".
	IsAbsent func(V) bool
	// Settle, where set, finishes a decoded value before anyone sees it. It is
	// never given an absent one.
	Settle func(V)

	format *Format
}

// Format is the encoding that the codecs of a program share: CBOR, compressed
// with S2 where that makes it smaller. Interface-typed fields may hold pointers
// to the types it was made with.
type Format struct {
	enc     cbor.EncMode
	dec     cbor.DecMode
	version string
}

// firstTag begins the CBOR tags for types; RFC 8949 leaves this range to
// whoever comes first.
const firstTag = 7_716_000

// layout is the revision of what the types do not tell: the options of the
// encoding, and how an entry lies in Redis. Since 3 it has a record by which a
// Drop finds it; what was stored without one is never read.
const layout = "3"

// NewFormat makes a Format whose interface-typed fields may hold the given
// struct types. Their order must not depend on the process.
func NewFormat(types ...reflect.Type) (*Format, error) {
	tags := cbor.NewTagSet()
	for i, t := range types {
		if err := tags.Add(cbor.TagOptions{EncTag: cbor.EncTagRequired, DecTag: cbor.DecTagOptional}, t, firstTag+uint64(i)); err != nil {
			return nil, fmt.Errorf("register %v: %w", t, err)
		}
	}
	enc, err := cbor.EncOptions{Time: cbor.TimeRFC3339NanoUTC}.EncModeWithTags(tags)
	if err != nil {
		return nil, fmt.Errorf("make an encoder: %w", err)
	}
	dec, err := cbor.DecOptions{
		MaxArrayElements: 1 << 20,
		MaxMapPairs:      1 << 20,
		UTF8:             cbor.UTF8DecodeInvalid, // what was kept is given back, whatever a source sent
	}.DecModeWithTags(tags)
	if err != nil {
		return nil, fmt.Errorf("make a decoder: %w", err)
	}
	return &Format{enc: enc, dec: dec, version: version(layout, types...)}, nil
}

// NewCodec makes the codec of one type in a format.
func NewCodec[V any](format *Format, codec Codec[V]) Codec[V] {
	codec.format = &Format{enc: format.enc, dec: format.dec, version: version(format.version, reflect.TypeFor[V]())}
	return codec
}

// Version names the shape of what the codec writes. It follows from the types
// themselves: a build with another shape reads and writes other keys, so that
// two versions of the program can share one Redis.
func (c Codec[V]) Version() string { return c.format.version }

// Encode is the value's bytes.
func (c Codec[V]) Encode(value V) ([]byte, error) {
	plain, err := c.format.marshal(value)
	if err != nil {
		return nil, err
	}
	return squeeze(nil, plain), nil
}

// Decode is the value that Encode was given. Bytes that Encode did not write
// are an error, and so is an absent value.
func (c Codec[V]) Decode(data []byte) (V, error) {
	plain, err := stretch(data)
	if err != nil {
		var none V
		return none, err
	}
	return c.unmarshal(plain)
}

func (c Codec[V]) unmarshal(plain []byte) (V, error) {
	var value, none V
	if err := c.format.dec.Unmarshal(plain, &value); err != nil {
		return none, fmt.Errorf("decode from the cache: %w", err)
	}
	if c.IsAbsent(value) {
		return none, errors.New("decode from the cache: an absent value")
	}
	if c.Settle != nil {
		c.Settle(value)
	}
	return value, nil
}

// codec is a Codec whose type is not known.
type codec struct {
	marshal   func(any) ([]byte, error)
	unmarshal func([]byte) (any, error)
}

func (c Codec[V]) erase() codec {
	return codec{
		marshal:   c.format.marshal,
		unmarshal: func(plain []byte) (any, error) { return c.unmarshal(plain) },
	}
}

func (f *Format) marshal(value any) ([]byte, error) {
	plain, err := f.enc.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode for the cache: %w", err)
	}
	return plain, nil
}

// The first byte of a squeezed encoding.
const (
	formPlain      = 0
	formCompressed = 1
)

// worthwhile is the size from which compression is tried.
const worthwhile = 1024

// squeeze appends an encoding to out, compressed where that makes it smaller.
func squeeze(out, plain []byte) []byte {
	if len(plain) >= worthwhile {
		if small := s2.Encode(nil, plain); len(small) < len(plain) {
			return append(append(out, formCompressed), small...)
		}
	}
	return append(append(out, formPlain), plain...)
}

// largest bounds what a compressed encoding may claim to grow to.
const largest = 64 << 20

// stretch undoes squeeze.
func stretch(data []byte) ([]byte, error) {
	switch {
	case len(data) == 0 || data[0] > formCompressed:
		return nil, errors.New("decode from the cache: no encoding")
	case data[0] == formPlain:
		return data[1:], nil
	}
	if size, err := s2.DecodedLen(data[1:]); err != nil || size > largest {
		return nil, errors.New("decode from the cache: the compressed value is damaged")
	}
	plain, err := s2.Decode(nil, data[1:])
	if err != nil {
		return nil, fmt.Errorf("decompress from the cache: %w", err)
	}
	return plain, nil
}

// version is a hash of the shapes of types and of what they build on.
func version(base string, types ...reflect.Type) string {
	shape := fnv.New64a()
	fmt.Fprint(shape, base)
	seen := map[reflect.Type]bool{}
	for _, t := range types {
		describe(shape, t, seen)
	}
	return strconv.FormatUint(shape.Sum64(), 36)
}

// describe writes a type's shape: names and types of all fields, to the bottom.
func describe(w io.Writer, t reflect.Type, seen map[reflect.Type]bool) {
	fmt.Fprint(w, t.String(), ";")
	if seen[t] {
		return
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		describe(w, t.Elem(), seen)
	case reflect.Map:
		describe(w, t.Key(), seen)
		describe(w, t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			fmt.Fprint(w, t.Field(i).Name, ":")
			describe(w, t.Field(i).Type, seen)
		}
	}
}
