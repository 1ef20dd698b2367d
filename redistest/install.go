package redistest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// binary is the path of redis-server, which is installed first where it is
// missing and the user may.
func binary(t Owner) string {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err == nil {
		return path
	}
	if err := install(); err != nil {
		t.Fatalf("this test needs redis-server: install Redis 6 or newer, on Debian with `apt-get install redis-server` (%v)", err)
	}
	if path, err = exec.LookPath("redis-server"); err != nil {
		t.Fatalf("apt-get installed redis-server, and still: %v", err)
	}
	return path
}

// install runs apt-get, once for all test processes that find Redis missing.
func install() error {
	apt, err := exec.LookPath("apt-get")
	if err != nil {
		return errors.New("there is no apt-get to install it with")
	}
	if os.Geteuid() != 0 {
		return errors.New("only root may install it")
	}
	lock, err := os.OpenFile(filepath.Join(os.TempDir(), "redistest-install.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("lock the installation: %w", err)
	}
	defer lock.Close() // which also unlocks it
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock the installation: %w", err)
	}
	if _, err := exec.LookPath("redis-server"); err == nil {
		return nil
	}
	for _, args := range [][]string{{"update"}, {"install", "-y", "--no-install-recommends", "redis-server"}} {
		command := exec.Command(apt, args...)
		// In run level 1 Debian starts no service that it installs.
		command.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1")
		if out, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("apt-get %s: %w\n%s", args[0], err, out)
		}
	}
	return nil
}
