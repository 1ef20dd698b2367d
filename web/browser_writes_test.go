package web

import (
	"os"
	"strings"
	"testing"

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
