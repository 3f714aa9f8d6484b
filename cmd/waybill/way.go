package main

import (
	"github.com/waybillhq/waybill/internal/app"
	"github.com/waybillhq/waybill/internal/config"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/send"
)

// setWay sets how receivers are reached.
func setWay(o *app.Options, w config.Way) {
	o.Roots, o.AllowNetworks, o.ConnectTimeout = w.Trust, w.AllowNetworks, w.ConnectTimeout
	o.Limits = send.Limits{Deny: w.DenyNetworks, Ports: w.AllowPorts}
	o.SourceAddress = w.SourceAddress
	if p := w.Proxy; p.Address != "" {
		o.Proxy = &send.Proxy{Scheme: p.Scheme, Address: p.Address, User: p.User, Password: hook.Secret(p.Password)}
	}
}
