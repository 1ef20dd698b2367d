package productive

import (
	"errors"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"tributary/billing"
	"tributary/sources/wire"
)

// features are what a plan grants, in the order of the document's object that
// maps a feature's name to it.
type features struct {
	list []billing.Feature
	at   jsontext.Value // else, where they were read beforehand, which of the lists they are
}

// UnmarshalJSONFrom takes an object, null, or a number for what was read
// beforehand. A grant that is no object leaves a feature of which only the name
// is known.
func (f *features) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*f = features{}
	switch dec.PeekKind() {
	case '{':
	case 'n':
		return dec.SkipValue()
	case '0':
		index, err := dec.ReadValue()
		f.at = index.Clone()
		return err
	default:
		return errors.New("not an object of features")
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		feature := billing.Feature{Name: name.String(), Kind: billing.FeatureDescriptive}
		if err := readGrant(dec, &feature); err != nil {
			return err
		}
		f.list = append(f.list, feature)
	}
	_, err := dec.ReadToken()
	return err
}

// find takes the features from the lists that were read beforehand, where they
// are in one of those.
func (f *features) find(lists [][]billing.Feature) error {
	if f.at == nil {
		return nil
	}
	index, err := strconv.Atoi(string(f.at))
	if err != nil || index < 0 || index >= len(lists) {
		return errors.New("the features of a plan are a JSON number")
	}
	f.list, f.at = lists[index], nil
	return nil
}

// readGrant reads {"type":"metered","limit":15} or {"type":"switch",
// "available":true}.
func readGrant(dec *jsontext.Decoder, feature *billing.Feature) error {
	if dec.PeekKind() != '{' {
		return dec.SkipValue()
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		switch name.String() {
		case "type":
			err = readKind(dec, feature)
		case "limit":
			err = readLimit(dec, feature)
		case "available":
			err = readAvailable(dec, feature)
		default:
			err = dec.SkipValue()
		}
		if err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

func readKind(dec *jsontext.Decoder, feature *billing.Feature) error {
	if dec.PeekKind() != '"' {
		return dec.SkipValue()
	}
	token, err := dec.ReadToken()
	if err != nil {
		return err
	}
	switch token.String() {
	case "metered":
		feature.Kind = billing.FeatureMetered
	case "switch":
		feature.Kind = billing.FeatureSwitch
	}
	return nil
}

func readLimit(dec *jsontext.Decoder, feature *billing.Feature) error {
	if dec.PeekKind() == 'n' {
		return dec.SkipValue()
	}
	var limit wire.Int
	if err := limit.UnmarshalJSONFrom(dec); err != nil {
		return err
	}
	feature.Limit = wire.Int64(&limit)
	return nil
}

// on and off are shared by all features: nobody changes what a document holds.
var on, off = true, false

func readAvailable(dec *jsontext.Decoder, feature *billing.Feature) error {
	token, err := dec.ReadToken()
	if err != nil {
		return err
	}
	switch token.Kind() {
	case 't':
		feature.Available = &on
	case 'f':
		feature.Available = &off
	case 'n':
	default:
		return errors.New("not a boolean")
	}
	return nil
}
