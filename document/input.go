package document

import (
	"encoding/json"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// inputs bounds what arguments and variables hold.
type inputs struct {
	limits *Limits
	values int // so far
}

// literal judges a value of the document that lies depth lists and objects deep;
// nil is no value.
func (in *inputs) literal(v *ast.Value, depth int) error {
	if v == nil {
		return nil
	}
	if err := in.count(); err != nil {
		return err
	}
	switch v.Kind {
	case ast.StringValue, ast.BlockValue:
		return in.text(len(v.Raw))
	case ast.IntValue, ast.FloatValue:
		return number(v)
	case ast.ListValue, ast.ObjectValue:
		if err := in.nest(depth+1, v.Kind == ast.ListValue, len(v.Children)); err != nil {
			return err
		}
		for _, child := range v.Children {
			if err := in.literal(child.Value, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// number refuses what the executor could not hold and would panic at, as custom
// scalars are not validated.
func number(v *ast.Value) error {
	_, err := strconv.ParseFloat(v.Raw, 64)
	if v.Kind == ast.IntValue {
		_, err = strconv.ParseInt(v.Raw, 10, 64)
	}
	if err == nil {
		return nil
	}
	return faultAt(v.Position, "The number "+v.Raw+" is too large.")
}

// raw judges a value of a variable as it came.
func (in *inputs) raw(v any, depth int) error {
	if err := in.count(); err != nil {
		return err
	}
	switch v := v.(type) {
	case string:
		return in.text(len(v))
	case json.Number:
		return in.text(len(v))
	case []any:
		if err := in.nest(depth+1, true, len(v)); err != nil {
			return err
		}
		for _, item := range v {
			if err := in.raw(item, depth+1); err != nil {
				return err
			}
		}
	case map[string]any:
		if err := in.nest(depth+1, false, len(v)); err != nil {
			return err
		}
		for _, member := range v {
			if err := in.raw(member, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (in *inputs) count() error {
	if in.values++; in.values > in.limits.InputValues {
		return exceeded(in.limits.InputValues, "arguments or variables hold %d values or more", in.values)
	}
	return nil
}

func (in *inputs) text(bytes int) error {
	if most := int(in.limits.StringLength); bytes > most {
		return exceeded(most, "a text in an argument or variable has %d bytes", bytes)
	}
	return nil
}

func (in *inputs) nest(depth int, isList bool, length int) error {
	if depth > in.limits.InputDepth {
		return exceeded(in.limits.InputDepth, "an argument or variable has %d lists or objects or more within each other", depth)
	}
	if isList && length > in.limits.ListLength {
		return exceeded(in.limits.ListLength, "a list in an argument or variable has %d entries", length)
	}
	return nil
}
