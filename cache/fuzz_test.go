package cache_test

import (
	"bytes"
	"testing"

	"tributary/cache"
)

// FuzzDecode reads bytes that may be anything: no panic, and what is read can
// be written and read again.
func FuzzDecode(f *testing.F) {
	for _, sub := range []string{"Acme", ""} {
		f.Add(must(codec.Encode(small(sub))))
		f.Add(must(codec.Encode(large(sub))))
	}
	f.Add([]byte{})
	f.Add([]byte{0})
	f.Add([]byte{0, 0xf6})       // null
	f.Add([]byte{0, 0xa1, 0x67}) // a map that ends in its first key
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Add([]byte{2, 0xa0})
	f.Add(append([]byte{0}, bytes.Repeat([]byte{0x81}, 1000)...)) // lists in lists
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, entry := range [][]byte{data, append(make([]byte, 17), data...)} {
			if value, err := cache.Unpack(codec, key("1"), entry); err == nil && value != nil {
				t.Errorf("an entry that nobody wrote is %v", value)
			}
		}
		sub, err := codec.Decode(data)
		if err != nil {
			if sub != nil {
				t.Errorf("an error comes with %v", sub)
			}
			return
		}
		again, err := codec.Encode(sub)
		if err != nil {
			return // such as a time that no text can hold
		}
		if _, err := codec.Decode(again); err != nil {
			t.Errorf("what was read and written cannot be read: %v", err)
		}
	})
}
