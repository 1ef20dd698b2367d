package web

import (
	"context"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/go-json-experiment/json"
)

// The places of the page that the test looks at.
const (
	queryEditor = ".graphiql-query-editor .view-lines"
	queryInput  = chromedp.CSS(".graphiql-query-editor textarea")
	answerPane  = ".graphiql-response .view-lines"
	docsList    = `[data-cy="doc-explorer-list"]`
	docsButton  = chromedp.CSS(`.graphiql-sidebar button[aria-label="Show Documentation Explorer"]`)
	docsSearch  = chromedp.CSS(".graphiql-doc-explorer-search input")
	docsTitle   = ".graphiql-doc-explorer-title"
	docsText    = ".graphiql-doc-explorer-content"
)

// TestAQueryIsRunAndItsTypeReadInTheBrowser drives the page as a newcomer
// would: open it, run the first tab with Ctrl-Enter, look up a type.
func TestAQueryIsRunAndItsTypeReadInTheBrowser(t *testing.T) {
	requireBuiltPage(t)
	gateway := startGateway(t)
	description := typeDescription(t, gateway, "Subscription")
	page := openBrowser(t, gateway)

	page.do(t, "open the page",
		chromedp.Navigate(gateway+"/graphiql"),
		chromedp.WaitVisible(chromedp.CSS(queryEditor)))
	if title := run(t, page, chromedp.Title()); title != "Tributary · GraphiQL" {
		t.Errorf("title is %q", title)
	}
	page.waitForText(t, queryEditor, "query Portfolio {")
	wantTabs := []string{"Portfolio", "SubscriptionDetails", "DegradedSource", "PagedList", "NodeLookups",
		"CancelAndRenew", "ChangeSubscription", "TrialAndCheckout", "ManagePlans"}
	tabs := run(t, page, chromedp.Evaluate[[]string](
		`[...document.querySelectorAll(".graphiql-tab-button")].map(tab => tab.innerText.trim())`))
	if !slices.Equal(tabs, wantTabs) {
		t.Errorf("tabs are %q, want %q", tabs, wantTabs)
	}

	page.do(t, "run the query by keyboard",
		chromedp.Focus(queryInput),
		chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	answer := page.waitForText(t, answerPane, `"subscriptionCount":`)
	if !strings.Contains(answer, `"name": "Acme`) {
		t.Errorf("the answer does not show the account: %s", answer)
	}
	if strings.Contains(answer, `"errors"`) {
		t.Errorf("the answer has errors: %s", answer)
	}

	page.do(t, "open the documentation and search a type",
		chromedp.Click(docsButton),
		chromedp.WaitVisible(docsSearch),
		chromedp.SendKeys(docsSearch, "Subscription"))
	page.waitForText(t, docsList, "Subscription")
	page.choose(t, ".graphiql-doc-explorer-search-type", "Subscription")
	page.waitForText(t, docsTitle, "Subscription")
	if text := page.waitForText(t, docsText, "provenance"); !strings.Contains(plain(text), plain(description)) {
		t.Errorf("the documentation does not show %q but %q", description, text)
	}

	if path := os.Getenv("TRIBUTARY_SCREENSHOT"); path != "" {
		shot := run(t, page, chromedp.CaptureScreenshot())
		if err := os.WriteFile(path, shot, 0o644); err != nil {
			t.Fatal(err)
		}
	}

	if faults := page.watched.faults(); len(faults) > 0 {
		t.Errorf("the console shows:\n%s", strings.Join(faults, "\n"))
	}
	if strangers := page.watched.strangers(); len(strangers) > 0 {
		t.Errorf("requests left the host:\n%s", strings.Join(strangers, "\n"))
	}
	for _, worker := range []string{"editor.worker", "graphql.worker", "json.worker"} {
		if !page.watched.asked("/graphiql/assets/" + worker) {
			t.Errorf("%s was never loaded", worker)
		}
	}
}

func requireBuiltPage(t *testing.T) {
	t.Helper()
	if _, err := built.ReadFile("dist/index.html"); err != nil {
		t.Fatal("the page is not built: run `make web` first (it needs Node 20 or newer)")
	}
}

// typeDescription asks the gateway itself how it describes a type.
func typeDescription(t *testing.T, gateway, name string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	body := strings.NewReader(`{"query":"{ __type(name: \"` + name + `\") { description } }"}`)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, gateway+"/graphql", body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct {
		Data struct {
			Type struct {
				Description string `json:"description"`
			} `json:"__type"`
		} `json:"data"`
	}
	if err := json.UnmarshalRead(response.Body, &answer); err != nil {
		t.Fatal(err)
	}
	if answer.Data.Type.Description == "" {
		t.Fatalf("the gateway does not describe the type %s", name)
	}
	return answer.Data.Type.Description
}

// plain drops what Markdown rendering may change of a text.
func plain(text string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("`", "", "*", "", "_", "").Replace(text)), " ")
}
