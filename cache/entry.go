package cache

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/cespare/xxhash/v2"
)

// entry is one kept answer.
type entry struct {
	value     any // nil where absent
	absent    bool
	fetchedAt time.Time // to the millisecond, as Redis holds it
	size      int       // of the encoded value, not compressed
	isDoubted bool      // it may have been dropped elsewhere without this process hearing of it

	// pausedUntil and pauseErr follow a failed refresh: until then the source
	// is not waited for again.
	pausedUntil time.Time
	pauseErr    error
}

// paused reports whether the source failed for this entry a moment ago.
func (e *entry) paused(now time.Time) bool { return now.Before(e.pausedUntil) }

// An entry in Redis: a byte that says whether it is absent, eight bytes with
// the milliseconds since the epoch at which it was fetched, eight with the hash
// of all the rest and of the key, then the squeezed value.
const (
	checkedSize = 9
	headerSize  = checkedSize + 8
)

// pack is what Redis holds of an entry whose value has the encoding plain.
func pack(key Key, e *entry, plain []byte) []byte {
	out := make([]byte, headerSize, headerSize+1+len(plain))
	if e.absent {
		out[0] = 1
	} else {
		out = squeeze(out, plain)
	}
	binary.BigEndian.PutUint64(out[1:], uint64(e.fetchedAt.UnixMilli()))
	binary.BigEndian.PutUint64(out[checkedSize:], checksum(key, out))
	return out
}

// unpack reads what pack wrote for key; anything else is an error.
func unpack(codec codec, key Key, data []byte) (*entry, error) {
	if len(data) < headerSize || data[0] > 1 {
		return nil, errors.New("an entry without a header")
	}
	if binary.BigEndian.Uint64(data[checkedSize:]) != checksum(key, data) {
		return nil, errors.New("a damaged entry, or another key's")
	}
	e := &entry{
		absent:    data[0] == 1,
		fetchedAt: time.UnixMilli(int64(binary.BigEndian.Uint64(data[1:]))).UTC(), // #nosec G115 -- the bits of an int64, as they were written
	}
	if e.absent {
		return e, nil
	}
	plain, err := stretch(data[headerSize:])
	if err != nil {
		return nil, err
	}
	e.size = len(plain)
	e.value, err = codec.unmarshal(plain)
	return e, err
}

func checksum(key Key, data []byte) uint64 {
	sum := xxhash.New()
	_, _ = sum.Write(data[:checkedSize]) // a hash takes everything
	_, _ = sum.WriteString(key.text)
	_, _ = sum.Write(data[headerSize:])
	return sum.Sum64()
}
