package opentrans

import (
	"fmt"
	"math/big"
)

// cent is how far a sum may be off for each amount in it that was rounded.
func cents(n int) *big.Rat { return big.NewRat(int64(n), 100) }

// off reports whether a and b differ by more than tolerance.
func off(a, b, tolerance *big.Rat) bool {
	d := new(big.Rat).Sub(a, b)
	return d.Abs(d).Cmp(tolerance) > 0
}

func add(a, b *big.Rat) *big.Rat { return new(big.Rat).Add(a, b) }
func mul(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }

// sums looks whether amounts add up. Only what was rounded may be off, by a cent for
// each time.
func (c *checker) sums(d Document) {
	lines, complete := new(big.Rat), true
	for i, l := range d.Lines {
		c.lineAmount(l, fmt.Sprintf("lines[%d].", i))
		c.parts(l, fmt.Sprintf("lines[%d].", i))
		lines, complete = add(lines, l.Amount.rat()), complete && l.Amount != ""
	}
	if d.Totals == nil {
		return
	}
	t := *d.Totals
	charges, known := sumOf(t.Charges, t.Goods)
	if known && t.ChargesAmount != "" && off(charges, t.ChargesAmount.rat(), cents(len(t.Charges))) {
		c.add("totals.chargesAmount", "it is %s, but the charges add up to %s; correct it", t.ChargesAmount, decimalOf(charges))
	}
	if t.ChargesAmount != "" {
		charges, known = t.ChargesAmount.rat(), true
	}
	switch {
	case d.Kind == Invoice:
		c.invoice(d, lines, charges, known)
	case t.Amount == "" || !complete:
	case off(t.Amount.rat(), lines, cents(1)) && (!known || off(t.Amount.rat(), add(lines, charges), cents(1))):
		c.add("totals.amount", "it is %s, but the lines add up to %s; correct it", t.Amount, decimalOf(lines))
	}
}

// lineAmount looks whether price and quantity make up the amount of a line. Charges
// and prices of other units say too little to tell.
func (c *checker) lineAmount(l Line, prefix string) {
	p := l.Price
	if p == nil || l.Amount == "" || len(p.Charges) > 0 || p.Base != nil {
		return
	}
	want := mul(l.Quantity.rat(), p.Amount.rat())
	per, of := "", ""
	if p.Per != "" {
		if p.Per.rat().Sign() <= 0 {
			c.add(prefix+"price.per", "%s is not more than 0; write how many units the price is for", p.Per)
			return
		}
		want = want.Quo(want, p.Per.rat())
		per, of = " / ", string(p.Per)
	}
	if off(l.Amount.rat(), want, cents(1)) {
		c.add(prefix+"amount", "it is %s, but %s × %s%s%s is %s; correct one of them",
			l.Amount, l.Quantity, p.Amount, per, of, decimalOf(want))
	}
}

// parts looks whether the parts of a line are more than the line.
func (c *checker) parts(l Line, prefix string) {
	sum := new(big.Rat)
	for _, p := range l.PartialDeliveries {
		sum = add(sum, p.Quantity.rat())
	}
	if len(l.PartialDeliveries) > 0 && sum.Cmp(l.Quantity.rat()) > 0 {
		c.add(prefix+"partialDeliveries", "they add up to %s, but the line's quantity is %s; correct one of them", number0(sum), l.Quantity)
	}
}

// number0 writes a quantity without zeros that say nothing.
func number0(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	return decimalOf(r)
}

// sumOf returns surcharges less allowances, and whether all of them say how much
// they are.
func sumOf(charges []Charge, goods Decimal) (sum *big.Rat, known bool) {
	sum = new(big.Rat)
	for _, c := range charges {
		amount := c.Amount.rat()
		switch {
		case c.Amount != "":
		case c.Factor != "" && goods != "":
			amount = mul(c.Factor.rat(), goods.rat())
		default:
			return sum, false
		}
		if c.Kind == allowance {
			amount = amount.Neg(amount)
		}
		sum = sum.Add(sum, amount)
	}
	return sum, true
}

// invoice looks at the totals of an invoice: the goods are the lines, perhaps
// without those that make up the extra value; the amount is goods, extra value,
// charges and taxes.
func (c *checker) invoice(d Document, lines, charges *big.Rat, known bool) {
	t := *d.Totals
	net := add(t.Goods.rat(), t.Extra.rat())
	if off(t.Goods.rat(), lines, cents(1)) && off(net, lines, cents(1)) {
		c.add("totals.goods", "it is %s, but the lines add up to %s; correct it", t.Goods, decimalOf(lines))
	}
	taxes, complete := new(big.Rat), true
	for i, x := range t.Taxes {
		taxes, complete = add(taxes, x.Amount.rat()), complete && x.Amount != ""
		if want := mul(x.Base.rat(), x.Rate.rat()); x.Base != "" && x.Rate != "" && x.Amount != "" &&
			off(x.Amount.rat(), want, cents(len(d.Lines)+1)) {
			c.add(fmt.Sprintf("totals.taxes[%d].amount", i), "it is %s, but %s × %s is %s; correct one of them",
				x.Amount, x.Base, x.Rate, decimalOf(want))
		}
	}
	if !known || !complete {
		return
	}
	if want := add(net, add(charges, taxes)); off(t.Amount.rat(), want, cents(1)) {
		c.add("totals.amount", "it is %s, but goods, extra value, charges and taxes add up to %s; correct it", t.Amount, decimalOf(want))
	}
}
