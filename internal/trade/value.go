package trade

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

// Unknown holds the members of a JSON object that we have no name for, by their
// names, so that what a producer adds is passed on.
type Unknown map[string]json.RawMessage

// maxDigits is how many digits a Decimal may have.
const maxDigits = 38

// Decimal is an exact decimal number, written as plain as it can be: no exponent,
// no zeros that say nothing. Two that are equal are the same text. The empty one
// stands for a number that wasn't given. Its JSON is a number.
type Decimal string

// ParseDecimal reads a JSON number (RFC 8259, section 6) of at most 38 digits.
func ParseDecimal(text string) (Decimal, error) {
	mantissa, exponent := text, 0
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		n, err := strconv.Atoi(text[i+1:])
		if err != nil || n < -maxDigits || n > maxDigits {
			return "", errors.New("is a number with an exponent beyond 38; write it out, with at most 38 digits")
		}
		mantissa, exponent = text[:i], n
	}
	mantissa, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if whole == "" || strings.Trim(digits, "0123456789") != "" {
		return "", errors.New("is not a number such as 1234.56")
	}
	point := len(whole) + exponent
	for ; point < 0; point++ {
		digits = "0" + digits
	}
	digits += strings.Repeat("0", max(0, point-len(digits)))
	whole, fraction = strings.TrimLeft(digits[:point], "0"), strings.TrimRight(digits[point:], "0")
	if len(whole)+len(fraction) > maxDigits {
		return "", errors.New("has more than 38 digits; round it")
	}
	if whole == "" {
		whole = "0"
	}
	plain := whole
	if fraction != "" {
		plain += "." + fraction
	}
	if negative && plain != "0" {
		plain = "-" + plain
	}
	return Decimal(plain), nil
}

// UnmarshalJSON reads a JSON number.
func (d *Decimal) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		return errors.New("is a text; write the number without quotation marks")
	}
	n, err := ParseDecimal(string(raw))
	if err != nil {
		return err
	}
	*d = n
	return nil
}

// MarshalJSON writes the number; null if there is none.
func (d Decimal) MarshalJSON() ([]byte, error) {
	if d == "" {
		return []byte("null"), nil
	}
	return []byte(d), nil
}

// isDay reports whether a JSON text is a day that exists, without escapes.
func isDay(raw []byte) bool {
	if len(raw) != len(`"2026-01-31"`) || raw[0] != '"' || raw[5] != '-' || raw[8] != '-' || raw[11] != '"' {
		return false
	}
	year, okYear := digits(raw[1:5])
	month, okMonth := digits(raw[6:8])
	day, okDay := digits(raw[9:11])
	if !okYear || !okMonth || !okDay || year == 0 || month < 1 || month > 12 || day < 1 {
		return false
	}
	return day <= 28 || day <= time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func digits(text []byte) (n int, ok bool) {
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, true
}

// Date is a day of the calendar without time and time zone, as yyyy-MM-dd
// (ISO 8601). The empty one stands for a date that wasn't given.
type Date string

// UnmarshalJSON reads a JSON string with a day that exists.
func (d *Date) UnmarshalJSON(raw []byte) error {
	if isDay(raw) { // as nearly all are
		*d = Date(raw[1 : len(raw)-1])
		return nil
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return errors.New("is not a text; write a date such as \"2026-01-31\"")
	}
	if s != "" {
		if day, err := time.Parse(time.DateOnly, s); err != nil || day.Year() == 0 {
			if len(s) == len(time.DateOnly) && strings.Trim(s, "0123456789-") == "" {
				return errors.New("is not a day that exists; correct it")
			}
			return errors.New("is not a date; write it like 2026-01-31")
		}
	}
	*d = Date(s)
	return nil
}
