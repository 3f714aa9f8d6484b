package opentrans

import (
	"math/big"
	"strconv"
	"strings"
)

// Decimal is an exact decimal number as it is written: an optional minus sign,
// digits, and perhaps a point with more digits, such as "12.50". Zeros at the end
// are kept. Empty is no number at all.
type Decimal string

const (
	maxWhole    = 18 // digits before the point
	maxFraction = 12 // digits after it
)

// ParseDecimal returns the number that s stands for, and whether it is one. It
// takes what XML Schema calls a decimal or, with an exponent, a float, as long as
// it has no more than 18 digits before the point and 12 after it.
func ParseDecimal(s string) (Decimal, bool) {
	mantissa, exponent, found := strings.Cut(strings.ToUpper(s), "E")
	shift := 0
	if found {
		var err error
		if shift, err = strconv.Atoi(exponent); err != nil || shift > maxWhole || shift < -maxFraction {
			return "", false
		}
	}
	sign := ""
	switch {
	case strings.HasPrefix(mantissa, "-"):
		sign, mantissa = "-", mantissa[1:]
	case strings.HasPrefix(mantissa, "+"):
		mantissa = mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if whole+fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" || len(mantissa) > 100 {
		return "", false
	}
	whole, fraction = moved(whole, fraction, shift)
	whole = strings.TrimLeft(whole, "0")
	if len(whole) > maxWhole || len(fraction) > maxFraction {
		return "", false
	}
	if strings.Trim(whole+fraction, "0") == "" {
		sign = ""
	}
	if whole == "" {
		whole = "0"
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	return Decimal(sign + whole + fraction), true
}

// moved moves the point by shift digits to the right. Zeros that say nothing are
// not kept at the end, if it moves at all.
func moved(whole, fraction string, shift int) (string, string) {
	if shift == 0 {
		return whole, fraction
	}
	fraction = strings.TrimRight(fraction, "0")
	for ; shift > 0; shift-- {
		if fraction == "" {
			whole += "0"
			continue
		}
		whole, fraction = whole+fraction[:1], fraction[1:]
	}
	for ; shift < 0; shift++ {
		if whole == "" {
			whole = "0"
		}
		whole, fraction = whole[:len(whole)-1], whole[len(whole)-1:]+fraction
	}
	return whole, strings.TrimRight(fraction, "0")
}

// rat returns the number, 0 for none. It must be a Decimal that was parsed.
func (d Decimal) rat() *big.Rat {
	r, ok := new(big.Rat).SetString(string(d))
	if !ok {
		return new(big.Rat)
	}
	return r
}

// decimalOf writes r with as many digits after the point as it needs, but at least
// two and at most six.
func decimalOf(r *big.Rat) string {
	s := strings.TrimRight(r.FloatString(6), "0")
	whole, fraction, _ := strings.Cut(s, ".")
	for len(fraction) < 2 {
		fraction += "0"
	}
	return whole + "." + fraction
}
