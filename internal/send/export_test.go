package send

import "time"

// AgeTokens makes the tokens that are kept seem to have been there for longer.
func (c *Client) AgeTokens(by time.Duration) {
	c.tokens.mu.Lock()
	defer c.tokens.mu.Unlock()
	for _, k := range c.tokens.kept {
		k.since = k.since.Add(-by)
	}
}
