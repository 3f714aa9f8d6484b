package trade

// maxGuess is the length in bytes beyond which a name is not compared: more
// than twice that of the longest one in the catalogue.
const maxGuess = 128

// Nearest returns the name in the catalogue that was most likely meant by name,
// for use in messages, or "" if none is near. Case counts for nothing, nor does
// anything but letters; about one letter in eight may be wrong, missing or too
// many. It is safe for concurrent use.
func Nearest(name string) string {
	if len(name) > maxGuess {
		return ""
	}
	guess := fold(name)
	if guess == "" {
		return ""
	}
	x := catalogue()
	best, within := "", 2+len(guess)/8
	for i, candidate := range x.folded {
		if d := distance(guess, candidate, within); d < within {
			best, within = x.types[i].Name, d
		}
	}
	return best
}

// NearestOf is Nearest among other names than those of the catalogue, of at most
// 128 bytes each.
func NearestOf(name string, names []string) string {
	guess := ""
	if len(name) <= maxGuess {
		guess = fold(name)
	}
	best, within := "", 2+len(guess)/8
	for _, candidate := range names {
		if guess == "" || len(candidate) > maxGuess {
			continue
		}
		if d := distance(guess, fold(candidate), within); d < within {
			best, within = candidate, d
		}
	}
	return best
}

// fold returns the ASCII letters of s in lower case.
func fold(s string) string {
	letters := make([]byte, 0, len(s))
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z':
			letters = append(letters, c)
		case c >= 'A' && c <= 'Z':
			letters = append(letters, c+'a'-'A')
		}
	}
	return string(letters)
}

// distance returns how many letters must be changed, added or removed to turn a
// into b (the Levenshtein distance), or limit if it is limit or more. Neither
// may be longer than maxGuess.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	var line [maxGuess + 1]int // distances from the part of a seen so far to each prefix of b
	for j := range line {
		line[j] = j
	}
	for i := range len(a) {
		diagonal, least := line[0], i+1
		line[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = line[j+1]
			line[j+1] = min(change, line[j]+1, line[j+1]+1)
			least = min(least, line[j+1])
		}
		if least >= limit {
			return limit
		}
	}
	return min(line[len(b)], limit)
}
