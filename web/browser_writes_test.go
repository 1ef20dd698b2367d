package web

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const tabButtons = ".graphiql-tab-button"

// TestTheTabsThatWriteAreRunInTheBrowser runs each of them as a newcomer would,
// and looks for what it changes in the answer.
func TestTheTabsThatWriteAreRunInTheBrowser(t *testing.T) {
	requireBuiltPage(t)
	gateway := startGateway(t)
	page := openBrowser(t, gateway)
	page.do(t, "open the page",
		chromedp.Navigate(gateway+"/graphiql"),
		chromedp.WaitVisible(chromedp.CSS(queryEditor)))
	for _, tab := range []struct{ name, shows string }{
		{"CancelAndRenew", `"cancellation": null`},
		{"ChangeSubscription", `"purchased": 42`},
		{"TrialAndCheckout", `"redirect": true`},
		{"ManagePlans", `"decimal": "319.00"`},
	} {
		page.choose(t, tabButtons, tab.name)
		page.waitForText(t, queryEditor, "mutation "+tab.name)
		page.waitForTab(t, tab.name)
		page.do(t, "run "+tab.name,
			chromedp.Focus(queryInput),
			chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl)))
		answer := page.waitForText(t, answerPane, tab.shows)
		if strings.Contains(answer, `"errors"`) || strings.Contains(answer, `"code"`) {
			t.Errorf("%s is answered %s", tab.name, answer)
		}
	}
	if path := os.Getenv("TRIBUTARY_SCREENSHOT_WRITES"); path != "" {
		shot := run(t, page, chromedp.CaptureScreenshot())
		if err := os.WriteFile(path, shot, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if faults := page.watched.faults(); len(faults) > 0 {
		t.Errorf("the console shows:\n%s", strings.Join(faults, "\n"))
	}
}

// waitForTab waits until GraphiQL has taken a chosen tab's operation for the one
// to run. It learns that a moment after it shows the tab, and then keeps which
// tab is open for the next visit.
func (p *browserPage) waitForTab(t *testing.T, name string) {
	t.Helper()
	const kept = `(name) => {
		const state = JSON.parse(localStorage.getItem("graphiql:tabState") ?? "{}");
		return state.tabs?.[state.activeTabIndex]?.operationName === name;
	}`
	if _, err := chromedp.Run(p.ctx, chromedp.PollFunction[bool](kept,
		chromedp.WithPollingArgs(name), chromedp.WithPollingTimeout(20*time.Second))); err != nil {
		t.Fatalf("waiting for the tab %s to be kept: %v", name, err)
	}
}
