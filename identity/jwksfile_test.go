package identity_test

import (
	"os"
	"path/filepath"
	"testing"

	"tributary/identity"
	"tributary/logtest"
)

func TestKeysInAFileAreRotatedWithoutARestart(t *testing.T) {
	folder, log := t.TempDir(), logtest.Listen()
	path := filepath.Join(folder, "jwks.json")
	write(t, path, set(public(rsaKey, "old")))
	d := door(t, folder, "mode: jwt\nissuer: "+issuer+"\naudience: [tributary]\njwks: { file: jwks.json }\n",
		identity.Options{Log: log.Logger()})
	log.Wait(t, "keys were read")
	old := bearer(good(t, rsaKey, "old"))
	admits(t, d, old, "ada")
	replace(t, path, "{")
	log.Wait(t, "level=ERROR")
	admits(t, d, old, "ada")
	replace(t, path, set(public(otherRSA, "new")))
	log.Wait(t, "keys were read")
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
