package productive

import (
	"errors"

	"github.com/go-json-experiment/json/jsontext"

	"tributary/billing"
	"tributary/sources/wire"
)

// readFeatures reads the value of a plan's features, which is in good form or
// empty. A document repeats 84 of them for each plan it names, so there is a
// faster way for what is written as Productive does.
func readFeatures(written jsontext.Value) ([]billing.Feature, error) {
	if len(written) == 0 || written.Kind() == 'n' {
		return nil, nil
	}
	if granted, ok := glance(string(written)); ok {
		return granted, nil
	}
	var granted features
	err := wire.Decode(written, &granted)
	return granted, err
}

// features reads the object that maps a feature's name to what the plan grants
// of it, and keeps the object's order.
type features []billing.Feature

// usualFeatures is how many a plan names.
const usualFeatures = 84

// UnmarshalJSONFrom takes an object or null. A grant that is no object leaves
// a feature of which only the name is known.
func (f *features) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*f = nil
	if kind := dec.PeekKind(); kind != '{' {
		if kind == 'n' {
			return dec.SkipValue()
		}
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
		if *f == nil {
			*f = make(features, 0, usualFeatures)
		}
		*f = append(*f, feature)
	}
	_, err := dec.ReadToken()
	return err
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
