package hook

// DocumentTypes returns the event types that document hooks are about, each of a
// kind of document.
func DocumentTypes() []string { return []string{"ORDER", "ORDERRESPONSE", "DELIVERY", "INVOICE"} }

// DocumentHooks returns the document hooks of a company by event type: one for
// each of DocumentTypes, or none at all if nobody has set them up. They are changed
// together, and authenticate by the same user and password.
func (d *Directory) DocumentHooks(company string) map[string]*Hook {
	hooks := make(map[string]*Hook)
	for _, h := range d.Hooks {
		if h.Company == company && h.Kind == Documents && len(h.EventTypes) == 1 {
			hooks[h.EventTypes[0]] = h
		}
	}
	return hooks
}
