package billing

import (
	"math/big"
	"testing"
)

func FuzzShiftIsAnExactProduct(f *testing.F) {
	for _, seed := range []string{"39", "12.5", "0.01", "0", "007", "1.", ".5", "-1", "99999999999999", "1.2345", "123456789012345"} {
		f.Add(seed, uint8(2))
	}
	f.Fuzz(func(t *testing.T, decimal string, places uint8) {
		places %= 5
		got, ok := shift(decimal, int(places))
		if !ok {
			return
		}
		want, read := new(big.Rat).SetString(decimal)
		if !read {
			t.Fatalf("%q is no decimal", decimal)
		}
		scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)
		if want.Mul(want, new(big.Rat).SetInt(scale)); want.Cmp(new(big.Rat).SetInt64(got)) != 0 {
			t.Fatalf("%q with %d places is %d, want %s", decimal, places, got, want)
		}
	})
}
