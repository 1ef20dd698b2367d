package billing

import "cmp"

// SumSeats sums each figure over the parts that know it; nil where no part
// counts seats. Its Available is the sum of what the parts have available: one
// part may know what was purchased and another what is used. Minimum and Maximum
// bound a subscription and have no sum.
func SumSeats(parts []*SeatUsage) *SeatUsage {
	var sum *SeatUsage
	for _, part := range parts {
		if part == nil || part.Purchased == nil && part.Used == nil && part.Pending == nil {
			continue
		}
		if sum == nil {
			sum = &SeatUsage{isSum: true}
		}
		sum.Purchased = addKnown(sum.Purchased, part.Purchased)
		sum.Used = addKnown(sum.Used, part.Used)
		sum.Pending = addKnown(sum.Pending, part.Pending)
		sum.available = addKnown(sum.available, part.Available())
	}
	return sum
}

func addKnown(a, b *int) *int {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	n := *a + *b
	return &n
}
