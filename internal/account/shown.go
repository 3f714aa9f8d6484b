package account

import (
	"time"

	"github.com/waybillhq/waybill/internal/trade"
)

// ShownUser returns what the audit log keeps of a user.
func ShownUser(u User) any {
	return struct {
		Email    string `json:"email"`
		Name     string `json:"name"`
		Language string `json:"language"`
		Role     Role   `json:"role"`
		Disabled bool   `json:"disabled"`
	}{u.Email, u.Name, u.Language, u.Role, u.Disabled}
}

// ShownKey returns what the audit log keeps of a key.
func ShownKey(k Key) any {
	return struct {
		Name      string    `json:"name"`
		Role      Role      `json:"role"`
		Prefix    string    `json:"prefix"`
		ExpiresAt time.Time `json:"expiresAt,omitzero"`
	}{k.Name, k.Role, k.Prefix, k.ExpiresAt}
}

// ShownCompany returns what the audit log keeps of a company.
func ShownCompany(c trade.Company) any {
	type shop struct {
		ID       string `json:"id"`
		Name     string `json:"name"`
		Language string `json:"language"`
		TimeZone string `json:"timeZone"`
	}
	shops := make([]shop, 0, len(c.Shops))
	for _, s := range c.Shops {
		shops = append(shops, shop(s))
	}
	return struct {
		Name     string   `json:"name"`
		Language string   `json:"language"`
		TimeZone string   `json:"timeZone"`
		Modules  []string `json:"modules"`
		Shops    []shop   `json:"shops"`
	}{c.Name, c.Language, c.TimeZone, c.Modules, shops}
}
