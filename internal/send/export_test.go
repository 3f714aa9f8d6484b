package send

import (
	"context"
	"errors"
	"net/netip"
	"syscall"
	"time"
)

// OnlyNote has the client note what its guard lets it connect to, and then not
// connect.
func (c *Client) OnlyNote(note func(netip.AddrPort)) {
	ask := c.dialer.control
	c.dialer.control = func(ctx context.Context, network, address string, conn syscall.RawConn) error {
		if err := ask(ctx, network, address, conn); err != nil {
			return err
		}
		target, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		note(target)
		return errors.New("this test makes no connections")
	}
}

// AgeTokens makes the tokens that are kept seem to have been there for longer.
func (c *Client) AgeTokens(by time.Duration) {
	c.tokens.mu.Lock()
	defer c.tokens.mu.Unlock()
	for _, k := range c.tokens.kept {
		k.since = k.since.Add(-by)
	}
}
