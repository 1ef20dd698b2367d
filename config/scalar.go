package config

import (
	"errors"
	"reflect"
	"strconv"
	"time"
)

func setDuration(v reflect.Value, text string) error {
	duration, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return errors.New("is not a duration; write it like 5s, 250ms or 1h30m")
	case duration < 0:
		return errors.New("is below zero; a duration is 0s or longer")
	}
	v.SetInt(int64(duration))
	return nil
}

func setScalar(v reflect.Value, text string) error {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		if text != "true" && text != "false" {
			return errors.New("is not a switch; write true or false")
		}
		v.SetBool(text == "true")
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		i, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err != nil {
			return errors.New(notNumber(err, "a whole number"))
		}
		v.SetInt(i)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		u, err := strconv.ParseUint(text, 10, v.Type().Bits())
		if err != nil {
			return errors.New(notNumber(err, "a whole number from 0 up"))
		}
		v.SetUint(u)
	case reflect.Float32, reflect.Float64:
		f, err := strconv.ParseFloat(text, v.Type().Bits())
		if err != nil || f != f || f-f != 0 {
			return errors.New("is not a number; write it like 0.5 or 10")
		}
		v.SetFloat(f)
	default:
		panic("config: Decode knows no " + v.Type().String())
	}
	return nil
}

func notNumber(err error, wanted string) string {
	if errors.Is(err, strconv.ErrRange) {
		return "is a number out of range"
	}
	return "is not " + wanted + "; write it in digits"
}
