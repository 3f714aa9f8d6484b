package api

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/waybillhq/waybill/internal/account"
)

const svgType = "image/svg+xml"

// pictureOutput is a picture, which a browser must not take for anything else.
type pictureOutput struct {
	ContentType string `header:"Content-Type"`
	Sniff       string `header:"X-Content-Type-Options" hidden:"true"`
	Policy      string `header:"Content-Security-Policy" hidden:"true"`
	Body        []byte
}

// showing describes the answer of a route as a picture.
func showing(op huma.Operation) huma.Operation {
	op.Responses = map[string]*huma.Response{
		strconv.Itoa(http.StatusOK): {Description: "A picture.", Content: pictureContent("image/png", "image/jpeg", svgType)},
	}
	return op
}

func pictureContent(types ...string) map[string]*huma.MediaType {
	content := make(map[string]*huma.MediaType, len(types))
	for _, t := range types {
		content[t] = &huma.MediaType{} // bytes (OpenAPI 3.1, section 4.8.14)
	}
	return content
}

// initialsPicture draws a user's initials in white on a dark colour that stays
// the same for them.
func initialsPicture(u account.User) []byte {
	hue := (int(u.ID[14])<<8 | int(u.ID[15])) % 360
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64" role="img">`+
		`<rect width="64" height="64" fill="hsl(%d,50%%,28%%)"/>`+
		`<text x="32" y="32" dy=".35em" text-anchor="middle" font-family="sans-serif" font-size="26" fill="#fff">`, hue)
	_ = xml.EscapeText(&b, []byte(initials(u))) // a buffer takes everything
	b.WriteString("</text></svg>\n")
	return b.Bytes()
}

// initials returns the first letters of a user's first and last names, or that
// of their e-mail address.
func initials(u account.User) string {
	words := strings.Fields(u.Name)
	if len(words) == 0 {
		words = []string{u.Email}
	}
	if len(words) > 2 {
		words = []string{words[0], words[len(words)-1]}
	}
	var b strings.Builder
	for _, word := range words {
		if r, _ := utf8.DecodeRuneInString(word); unicode.IsGraphic(r) {
			b.WriteRune(unicode.ToUpper(r))
		}
	}
	return b.String()
}
