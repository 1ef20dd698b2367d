package main_test

import (
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"tributary/config"
	"tributary/document"
	"tributary/graphqlhttp"
	"tributary/persisted"
	"tributary/throttle"
	"tributary/web"
)

const securityPage = "security.md"

// tableBelow is the cells of the rows of the table behind a mark, without its head.
func tableBelow(t testing.TB, mark string) [][]string {
	t.Helper()
	_, rest, found := strings.Cut(page(t, securityPage), mark)
	if !found {
		t.Fatalf("the page has no %q", mark)
	}
	_, rest, _ = strings.Cut(rest, "\n|")
	table, _, _ := strings.Cut("|"+rest, "\n\n")
	var rows [][]string
	for _, line := range strings.Split(table, "\n")[2:] {
		cells := strings.Split(strings.Trim(line, "| "), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	return rows
}

var quoted = regexp.MustCompile("`([^`]+)`")

// quotedIn are the words of a text that stand in backquotes.
func quotedIn(text string) []string {
	var words []string
	for _, found := range quoted.FindAllStringSubmatch(text, -1) {
		words = append(words, found[1])
	}
	return words
}

func TestTheSecurityPageListsEveryFieldThatTakesAScope(t *testing.T) {
	text, err := os.ReadFile("schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, definition := range schema.Types {
		for _, field := range definition.Fields {
			if requires := field.Directives.ForName("requires"); requires != nil {
				want = append(want, fmt.Sprint(requires.Arguments.ForName("scope").Value.Raw, " ", definition.Name, ".", field.Name))
			}
		}
	}
	for _, row := range tableBelow(t, "ListsEveryFieldThatTakesAScope -->") {
		for _, field := range quotedIn(row[2]) {
			got = append(got, fmt.Sprint(quotedIn(row[0])[0], " ", quotedIn(row[1])[0], ".", field))
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	differ(t, got, want)
}

func TestTheSecurityPageListsEveryLimitWithItsDefault(t *testing.T) {
	want := map[string]string{}
	gather(want, "http", reflect.ValueOf(&graphqlhttp.Settings{}))
	gather(want, "limits", reflect.ValueOf(&document.Limits{}))
	gather(want, "throttle", reflect.ValueOf(&throttle.Settings{}))
	gather(want, "timeouts", reflect.ValueOf(&config.Timeouts{}))
	gather(want, "documents.apq", reflect.ValueOf(&persisted.APQ{}))
	delete(want, "documents.apq.enabled") // is no limit
	var said, meant []string
	for _, row := range tableBelow(t, "ListsEveryLimitWithItsDefault -->") {
		said = append(said, quotedIn(row[0])[0]+": "+row[1])
	}
	for key, value := range want {
		meant = append(meant, key+": "+value)
	}
	slices.Sort(said)
	slices.Sort(meant)
	differ(t, said, meant)
}

// gather takes the defaults of settings, by the keys of the configuration.
func gather(into map[string]string, key string, settings reflect.Value) {
	if settings, ok := settings.Interface().(interface{ Defaults() }); ok {
		settings.Defaults()
	}
	for i, settings := 0, settings.Elem(); i < settings.NumField(); i++ {
		name, value := key+"."+settings.Type().Field(i).Tag.Get("yaml"), settings.Field(i)
		switch value := value.Interface().(type) {
		case time.Duration:
			text := value.String()
			for _, zero := range []string{"m0s", "h0m"} {
				if strings.HasSuffix(text, zero) {
					text = text[:len(text)-2]
				}
			}
			into[name] = text
		case config.Size:
			into[name] = value.String()
			if value < 1<<10 {
				into[name] = fmt.Sprint(int(value))
			}
		default:
			if settings.Field(i).Kind() == reflect.Struct {
				gather(into, name, settings.Field(i).Addr())
				continue
			}
			into[name] = fmt.Sprint(value)
		}
	}
}

// differ reports what one of two sorted lists has and the other has not.
func differ(t *testing.T, said, meant []string) {
	t.Helper()
	if len(meant) == 0 {
		t.Error("there is nothing to compare with")
	}
	for _, line := range said {
		if _, found := slices.BinarySearch(meant, line); !found {
			t.Errorf("the page says what does not hold: %s", line)
		}
	}
	for _, line := range meant {
		if _, found := slices.BinarySearch(said, line); !found {
			t.Errorf("the page does not say %s", line)
		}
	}
}

func TestTheSecurityPageNamesTestsAndAttacksThatThereAre(t *testing.T) {
	tests, classes := map[string]bool{}, map[string]bool{}
	isTest := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	isClass := regexp.MustCompile(`class(?:: *|, [^=\n]*= )"([^"]+)"`)
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == ".git"):
			return fs.SkipDir
		case filepath.Ext(path) != ".go":
			return nil
		}
		text, err := os.ReadFile(path)
		for _, found := range isTest.FindAllStringSubmatch(string(text), -1) {
			tests[found[1]] = true
		}
		if filepath.Dir(path) == "attack" {
			for _, found := range isClass.FindAllStringSubmatch(string(text), -1) {
				classes[found[1]] = true
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	text := page(t, securityPage)
	for _, name := range regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w+`).FindAllString(text, -1) {
		if !tests[name] {
			t.Errorf("there is no %s", name)
		}
	}
	attacks := regexp.MustCompile("\\*attack\\* (`[^;|]+)").FindAllStringSubmatch(text, -1)
	var named []string
	for _, found := range attacks {
		named = append(named, quotedIn(found[1])...)
	}
	slices.Sort(named)
	differ(t, slices.Compact(named), slices.Sorted(maps.Keys(classes)))
}

func TestTheSecurityPageHasThePolicyOfThePage(t *testing.T) {
	served := httptest.NewRecorder()
	web.GraphiQL().ServeHTTP(served, httptest.NewRequest(http.MethodGet, "/graphiql", nil))
	if strings.Contains(served.Body.String(), "is not in this build") {
		t.Skip("GraphiQL is not built; make test builds it")
	}
	if policy := served.Header().Get("Content-Security-Policy"); !strings.Contains(page(t, securityPage), "\n"+policy+"\n") {
		t.Errorf("the page does not have %s", policy)
	}
}
