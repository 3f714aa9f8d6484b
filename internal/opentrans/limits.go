package opentrans

// Limits bound what a document may take; what is 0 is as in DefaultLimits.
type Limits struct {
	Bytes int64 // of the document
	Lines int   // items, and whatever else can be repeated within an element
	Text  int   // bytes of a text, a tag or a comment
	Depth int   // elements within elements
}

// DefaultLimits returns limits that no honest document meets.
func DefaultLimits() Limits {
	return Limits{Bytes: 16 << 20, Lines: 10_000, Text: 128 << 10, Depth: 24}
}

// filled returns l with the defaults where it has nothing.
func (l Limits) filled() Limits {
	d := DefaultLimits()
	if l.Bytes <= 0 {
		l.Bytes = d.Bytes
	}
	if l.Lines <= 0 {
		l.Lines = d.Lines
	}
	if l.Text <= 0 {
		l.Text = d.Text
	}
	if l.Depth <= 0 {
		l.Depth = d.Depth
	}
	return l
}
