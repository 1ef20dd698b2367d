package sealing_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"tributary/sealing"
)

func keyOf(id string, seed byte) sealing.Key {
	secret := make([]byte, sealing.KeySize)
	for i := range secret {
		secret[i] = seed + byte(i)
	}
	return sealing.Key{ID: id, Secret: secret}
}

func ring(t testing.TB, keys ...sealing.Key) *sealing.Ring {
	t.Helper()
	r, err := sealing.NewRing(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWhatIsSealedIsOpenedInItsPlaceAlone(t *testing.T) {
	r := ring(t, keyOf("k", 1))
	for _, value := range [][]byte{nil, []byte("x"), bytes.Repeat([]byte("customer"), 1000)} {
		sealed := r.Seal(value, "here")
		if got, err := r.Open(sealed, "here"); err != nil || !bytes.Equal(got, value) {
			t.Errorf("%d bytes come back as %q, %v", len(value), got, err)
		}
		if _, err := r.Open(sealed, "there"); !errors.Is(err, sealing.ErrDamaged) {
			t.Errorf("in another place it is %v", err)
		}
		if len(value) > 1 && bytes.Contains(sealed, []byte("customer")) {
			t.Error("it can be read")
		}
		if bytes.Equal(sealed, r.Seal(value, "here")) {
			t.Error("it is sealed the same twice")
		}
	}
}

func TestNothingDamagedIsOpened(t *testing.T) {
	r := ring(t, keyOf("k", 1), keyOf("l", 2))
	sealed := r.Seal([]byte("value"), "here")
	for i := range sealed {
		for _, flip := range []byte{1, 0x80, 0xFF} {
			damaged := bytes.Clone(sealed)
			damaged[i] ^= flip
			if got, err := r.Open(damaged, "here"); err == nil {
				t.Errorf("with byte %d flipped it opens as %q", i, got)
			}
		}
		if got, err := r.Open(sealed[:i], "here"); err == nil {
			t.Errorf("its first %d bytes open as %q", i, got)
		}
	}
}

func TestTheFirstKeySealsAndAllOpen(t *testing.T) {
	old, young := keyOf("2026-10", 1), keyOf("2026-11", 2)
	before, during, after := ring(t, old), ring(t, young, old), ring(t, young)
	was, is := before.Seal([]byte("was"), "p"), during.Seal([]byte("is"), "p")
	for name, c := range map[string]struct {
		ring *sealing.Ring
		data []byte
		want error
	}{
		"an old value during":        {during, was, nil},
		"a new value during":         {during, is, nil},
		"a new value after":          {after, is, nil},
		"an old value after":         {after, was, sealing.ErrUnknownKey},
		"a new value before":         {before, is, sealing.ErrUnknownKey},
		"a value in the clear":       {during, []byte{0x84, 1, 2}, sealing.ErrUnsealed},
		"nothing":                    {during, nil, sealing.ErrUnsealed},
		"another key of the same id": {ring(t, keyOf("2026-11", 9)), is, sealing.ErrDamaged},
		"a mark and no more":         {during, []byte{0xFF, 200, 1}, sealing.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := c.ring.Open(c.data, "p"); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestWithoutKeysNothingChanges(t *testing.T) {
	var none *sealing.Ring
	value := []byte("value")
	opened, err := none.Open(none.Seal(value, "p"), "p")
	if err != nil || &opened[0] != &value[0] {
		t.Errorf("got %q, %v", opened, err)
	}
	if r := ring(t); r != nil {
		t.Error("a ring of no keys is one")
	}
}

func TestKeysAreReadFromBase64AndHex(t *testing.T) {
	secret := keyOf("k", 3).Secret
	for name, c := range map[string]struct{ id, text, says string }{
		"base64":            {"k", base64.StdEncoding.EncodeToString(secret), ""},
		"hex":               {"k", hex.EncodeToString(secret), ""},
		"too short":         {"k", base64.StdEncoding.EncodeToString(secret[:16]), "32 bytes"},
		"too long":          {"k", hex.EncodeToString(append(secret, 1)), "32 bytes"},
		"a word":            {"k", "correct horse battery staple", "32 bytes"},
		"nothing":           {"k", "", "32 bytes"},
		"one byte repeated": {"k", strings.Repeat("00", 32), "guessed"},
		"no id":             {"", hex.EncodeToString(secret), "id"},
		"a long id":         {strings.Repeat("k", 33), hex.EncodeToString(secret), "id"},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := sealing.ParseKey(c.id, c.text)
			if c.says == "" && (err != nil || !bytes.Equal(key.Secret, secret)) {
				t.Errorf("got %v", err)
			}
			if c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says) || c.text != "" && strings.Contains(err.Error(), c.text)) {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := sealing.NewRing(keyOf("k", 1), keyOf("k", 2)); err == nil || !strings.Contains(err.Error(), `"k"`) {
		t.Errorf("two keys of one id: %v", err)
	}
}
