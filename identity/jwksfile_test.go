package identity_test

import (
	"os"
	"path/filepath"
	"testing"

	"tributary/identity"
)

func TestKeysInAFileAreRotatedWithoutARestart(t *testing.T) {
	folder, log := t.TempDir(), listen()
	path := filepath.Join(folder, "jwks.json")
	write(t, path, set(public(rsaKey, "old")))
	d := door(t, folder, "mode: jwt\nissuer: "+issuer+"\naudience: [tributary]\njwks: { file: jwks.json }\n",
		identity.Options{Log: log.logger()})
	log.wait(t, "keys were read")
	old := bearer(good(t, rsaKey, "old"))
	admits(t, d, old, "ada")
	replace(t, path, "{")
	log.wait(t, "level=ERROR")
	admits(t, d, old, "ada")
	replace(t, path, set(public(otherRSA, "new")))
	log.wait(t, "keys were read")
	refuses(t, d, old)
	admits(t, d, bearer(good(t, otherRSA, "new")), "ada")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := d.Reload(); err == nil {
		t.Error("a file that is not there was read")
	}
	admits(t, d, bearer(good(t, otherRSA, "new")), "ada")
}
