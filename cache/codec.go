package cache

import (
	"errors"
	"fmt"
	"hash/fnv"
	"reflect"
	"strconv"

	"github.com/fxamacker/cbor/v2"
	"github.com/klauspost/compress/s2"
)

// Codec turns values of one type into bytes for Redis and back.
type Codec[V any] struct {
	// IsAbsent reports the value that stands for "there is none".
	IsAbsent func(V) bool
	// Settle, where set, finishes a decoded value before anyone sees it.
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
		return nil, err
	}
	dec, err := cbor.DecOptions{MaxArrayElements: 1 << 20, MaxMapPairs: 1 << 20}.DecModeWithTags(tags)
	if err != nil {
		return nil, err
	}
	return &Format{enc: enc, dec: dec, version: version(types)}, nil
}

// NewCodec makes the codec of one type in a format.
func NewCodec[V any](format *Format, codec Codec[V]) Codec[V] {
	codec.format = format
	shape := fnv.New32a()
	fmt.Fprint(shape, format.version)
	describe(shape, reflect.TypeFor[V](), map[reflect.Type]bool{})
	codec.format = &Format{enc: format.enc, dec: format.dec, version: strconv.FormatUint(uint64(shape.Sum32()), 36)}
	return codec
}

// Version names the shape of what the codec writes. It follows from the types
// themselves: a build with another shape reads and writes other keys, so that
// two versions of the program can share one Redis.
func (c Codec[V]) Version() string { return c.format.version }

// Encode is the value's bytes.
func (c Codec[V]) Encode(value V) ([]byte, error) { return c.format.encode(value) }

// Decode is the value that Encode was given.
func (c Codec[V]) Decode(data []byte) (V, error) {
	var value V
	if err := c.format.decode(data, &value); err != nil {
		return value, err
	}
	if c.Settle != nil {
		c.Settle(value)
	}
	return value, nil
}

func (c Codec[V]) erase() codec {
	return codec{
		encode: func(value any) ([]byte, error) { return c.format.encode(value) },
		decode: func(data []byte) (any, error) { return c.Decode(data) },
	}
}

// The first byte of an encoded value.
const (
	formPlain      = 0
	formCompressed = 1
)

// worthwhile is the size from which compression is tried.
const worthwhile = 1024

func (f *Format) encode(value any) ([]byte, error) {
	plain, err := f.enc.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode for the cache: %w", err)
	}
	if len(plain) >= worthwhile {
		if small := s2.Encode(nil, plain); len(small) < len(plain) {
			return append([]byte{formCompressed}, small...), nil
		}
	}
	return append([]byte{formPlain}, plain...), nil
}

// largest bounds what a compressed value may claim to grow to.
const largest = 64 << 20

func (f *Format) decode(data []byte, into any) error {
	if len(data) == 0 {
		return errors.New("decode from the cache: no bytes")
	}
	body := data[1:]
	if data[0] == formCompressed {
		size, err := s2.DecodedLen(body)
		if err != nil || size > largest {
			return errors.New("decode from the cache: the compressed value is damaged")
		}
		if body, err = s2.Decode(nil, body); err != nil {
			return fmt.Errorf("decode from the cache: %w", err)
		}
	}
	if err := f.dec.Unmarshal(body, into); err != nil {
		return fmt.Errorf("decode from the cache: %w", err)
	}
	return nil
}

func version(types []reflect.Type) string {
	shape := fnv.New32a()
	seen := map[reflect.Type]bool{}
	for _, t := range types {
		describe(shape, t, seen)
	}
	return strconv.FormatUint(uint64(shape.Sum32()), 36)
}

type writer interface{ Write([]byte) (int, error) }

// describe writes a type's shape: names and types of all fields, to the bottom.
func describe(w writer, t reflect.Type, seen map[reflect.Type]bool) {
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
