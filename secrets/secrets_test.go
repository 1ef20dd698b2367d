package secrets_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/secrets"
)

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAValueIsWhatItsFileHolds(t *testing.T) {
	folder := t.TempDir()
	cases := map[string]struct {
		content string
		want    string
		fault   string
	}{
		"as it is":            {"hunter2", "hunter2", ""},
		"without a line feed": {"hunter2\n", "hunter2", ""},
		"without a line end":  {"hunter2\r\n", "hunter2", ""},
		"but for one":         {" hunter2 \n\n", " hunter2 \n", ""},
		"not where it ends":   {"", "", "is empty"},
		"not a line feed":     {"\n", "", "is empty"},
		"just not too long":   {strings.Repeat("x", 64<<10), strings.Repeat("x", 64<<10), ""},
		"not too long":        {strings.Repeat("hunter2", 10<<10), "", "is longer than 64 KiB"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			write(t, filepath.Join(folder, "token"), c.content)
			for _, text := range []string{"file:token", "file:" + filepath.Join(folder, "token")} {
				got, err := secrets.Read(folder, text)
				if got != c.want || (err == nil) != (c.fault == "") {
					t.Fatalf("got %q, %v", got, err)
				}
				if err != nil && (!strings.Contains(err.Error(), c.fault) || strings.Contains(err.Error(), "hunter2")) {
					t.Errorf("the fault reads %q", err)
				}
			}
		})
	}
	if got, err := secrets.Read(folder, "a token"); got != "a token" || err != nil {
		t.Errorf("what names no file is %q, %v", got, err)
	}
	for _, path := range []string{"missing", ".", "/dev/zero"} {
		if got, err := secrets.Read(folder, "file:"+path); err == nil {
			t.Errorf("%s is %q", path, got)
		}
	}
}

// logged takes the log of a test.
func logged(t *testing.T) *bytes.Buffer {
	t.Helper()
	var text bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&text, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	return &text
}

func eventually(t *testing.T, file *secrets.File, want string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); file.Value() != want; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the value is %q, want %q", file.Value(), want)
		}
	}
}

func TestAChangeOfTheFileIsTaken(t *testing.T) {
	logged(t)
	folder := t.TempDir()
	path := filepath.Join(folder, "token")
	write(t, path, "one\n")
	files := &secrets.Files{Folder: folder}
	file, err := files.Open("file:token")
	if err != nil {
		t.Fatal(err)
	}
	again, err := files.Open("file:" + path)
	if err != nil || again != file {
		t.Errorf("one file was opened twice: %v", err)
	}
	write(t, path, "two\n")
	eventually(t, file, "two")
	// As editors do, and as Kubernetes does.
	write(t, path+".new", "six\n")
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	eventually(t, file, "six")
	write(t, path, "ten\n")
	files.Reload()
	if file.Value() != "ten" {
		t.Errorf("after a reload the value is %q", file.Value())
	}
}

func TestALinkIntoAFolderThatIsReplacedIsFollowed(t *testing.T) {
	logged(t)
	folder := t.TempDir()
	for _, version := range []string{"one", "two"} {
		if err := os.Mkdir(filepath.Join(folder, version), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(folder, version, "token"), version)
	}
	link := func(target string) {
		if err := os.Symlink(target, filepath.Join(folder, "next")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(folder, "next"), filepath.Join(folder, "data")); err != nil {
			t.Fatal(err)
		}
	}
	link("one")
	file, err := (&secrets.Files{Folder: folder}).Open("file:data/token")
	if err != nil {
		t.Fatal(err)
	}
	link("two")
	eventually(t, file, "two")
}

func TestABrokenFileKeepsTheOldValueAndIsToldOnce(t *testing.T) {
	log := logged(t)
	folder := t.TempDir()
	path := filepath.Join(folder, "token")
	write(t, path, "hunter2")
	files := &secrets.Files{Folder: folder}
	file, err := files.Open("file:token")
	if err != nil {
		t.Fatal(err)
	}
	for _, broken := range []func(){
		func() { write(t, path, "") },
		func() { write(t, path, strings.Repeat("hunter2", 10<<10)) },
		func() { os.Remove(path) },
	} {
		log.Reset()
		broken()
		for range 3 {
			files.Reload()
		}
		if file.Value() != "hunter2" {
			t.Errorf("the value is %q", file.Value())
		}
		if text := log.String(); strings.Count(text, "level=ERROR") != 1 || !strings.Contains(text, path) || strings.Contains(text, "hunter2") {
			t.Errorf("the log is %q", text)
		}
		if _, err := files.Open("file:token"); err == nil {
			t.Error("a broken file can be opened")
		}
	}
	write(t, path, "mended")
	eventually(t, file, "mended")
}

func TestManyMayUseAFileWhileItChanges(t *testing.T) {
	logged(t)
	folder := t.TempDir()
	path := filepath.Join(folder, "token")
	write(t, path, "one")
	files := &secrets.Files{Folder: folder}
	file, err := files.Open("file:token")
	if err != nil {
		t.Fatal(err)
	}
	var using sync.WaitGroup
	for i := range 8 {
		using.Go(func() {
			for n := range 200 {
				if i == 0 && n%20 == 0 {
					files.Reload()
				}
				if value := file.Value(); value != "one" && value != "two" {
					t.Errorf("the value is %q", value)
				}
			}
		})
	}
	write(t, path+".new", "two")
	os.Rename(path+".new", path)
	using.Wait()
	files.Reload()
	if file.Value() != "two" {
		t.Errorf("the value is %q", file.Value())
	}
}
