package productive

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// The cycles a plan can be billed in.
var cycles = []string{"month", "year", "quarter", "biannual"}

// cost is a price by cycle, in minor units. Plans have only the first two in
// most answers; the rest are a quarter and two years of the monthly price.
type cost struct{ month, year int64 }

func (c cost) of(cycle string) int64 {
	switch cycle {
	case "year":
		return c.year
	case "quarter":
		return 3 * c.month
	case "biannual":
		return 24 * c.month
	default:
		return c.month
	}
}

// tariff is what a plan costs for each seat, and where one may go from it.
type tariff struct {
	id, name             string
	features             string // the column of features.tsv
	upgrades, downgrades []string
	costs                map[string]cost // by currency
}

var tariffs = []tariff{
	{"essential", "Essential", "essential", []string{"professional", "ultimate"}, []string{}, map[string]cost{
		"USD": {2000, 20400}, "EUR": {2000, 20400}, "JPY": {3000, 30600}, "KWD": {6000, 61200}}},
	{"professional", "Professional", "professional", []string{"ultimate"}, []string{"essential"}, map[string]cost{
		"USD": {2800, 28800}, "EUR": {2800, 28800}, "JPY": {4200, 43200}, "KWD": {8500, 87600}}},
	{"ultimate", "Ultimate", "ultimate", []string{}, []string{"essential", "professional"}, map[string]cost{
		"USD": {3900, 38400}, "EUR": {3900, 38400}, "JPY": {5800, 57600}, "KWD": {12000, 117600}}},
	{"standard", "Standard", "essential", []string{"premium", "ultimate"}, []string{}, map[string]cost{"USD": {1500, 15000}}},
	{"premium", "Premium", "professional", []string{"ultimate"}, []string{"standard"}, map[string]cost{"USD": {2400, 24000}}},
}

// hris is the one add-on on sale.
const (
	hrisType = "hris_integration"
	hrisID   = "hris_200"
)

var hrisMonthly = map[string]int64{"USD": 200, "EUR": 200, "JPY": 300, "KWD": 600}

func findTariff(id string) (tariff, bool) {
	i := slices.IndexFunc(tariffs, func(t tariff) bool { return t.id == id })
	if i < 0 {
		return tariff{}, false
	}
	return tariffs[i], true
}

//go:embed features.tsv
var featureTable string

// featuresOf holds, by column of the table, the features object of a plan.
var featuresOf = readFeatures(featureTable)

// readFeatures reads a table of a feature a line: a number is the limit of a
// metered one, yes and no are the availability of a switch.
func readFeatures(table string) map[string]jsontext.Value {
	lines := strings.Split(strings.TrimSpace(table), "\n")
	columns := strings.Split(lines[0], "\t")[1:]
	objects := make(map[string]jsontext.Value, len(columns))
	for i, column := range columns {
		members := make([]string, 0, len(lines)-1)
		for _, line := range lines[1:] {
			cells := strings.Split(line, "\t")
			members = append(members, strconv.Quote(cells[0])+":"+grant(cells[i+1]))
		}
		objects[column] = jsontext.Value("{" + strings.Join(members, ",") + "}")
	}
	return objects
}

func grant(cell string) string {
	switch cell {
	case "yes":
		return `{"type":"switch","available":true}`
	case "no":
		return `{"type":"switch","available":false}`
	default:
		return `{"type":"metered","limit":` + cell + `}`
	}
}

// offer is the plan as documents show it.
func (t tariff) offer(currency string) offer {
	regular := "regular"
	price := t.costs[currency]
	return offer{
		ID: t.id, Name: t.name, Type: &regular, IsBillable: true,
		MonthlyPriceCents: price.month, YearlyPriceCents: price.year, Currency: currency,
		Upgrades: t.upgrades, Downgrades: t.downgrades, Features: featuresOf[t.features],
	}
}

func nested(ids []string, currency string) []nestedPlan {
	plans := make([]nestedPlan, 0, len(ids))
	for _, id := range ids {
		if t, ok := findTariff(id); ok {
			plans = append(plans, nestedPlan{offer: t.offer(currency)})
		}
	}
	return plans
}

// hris is the add-on on sale for one cycle.
func hris(cycle, currency string) product {
	monthly := cost{month: hrisMonthly[currency], year: 12 * hrisMonthly[currency]}
	price := monthly.of(cycle)
	adverb := map[string]string{"month": "monthly", "year": "yearly", "quarter": "quarterly", "biannual": "biannual"}[cycle]
	return product{
		StripeID:    "addon_hris_" + strconv.FormatInt(price, 10) + "_" + adverb,
		ProductType: hrisType, ID: hrisID, PricingType: "by_seat",
		MonthlyPriceCents: monthly.month, YearlyPriceCents: monthly.year,
		QuarterlyPriceCents: monthly.of("quarter"), BiannualPriceCents: monthly.of("biannual"),
		Cycle: cycle, Currency: currency,
	}
}
