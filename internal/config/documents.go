package config

import (
	"net/url"
	"strings"
)

// bucket reads where documents are kept.
func (r *reader) bucket(name, value string) string {
	if value == "" {
		return ""
	}
	u, err := url.Parse(value)
	switch {
	case err != nil:
		r.refuse(name, "…", "it cannot be read; write file:///var/lib/waybill/documents, or s3://BUCKET?region=eu-central-1")
	case u.Scheme == "file" && (u.Host != "" || strings.Trim(u.Path, "/") == ""):
		r.refuse(name, ShownDatabase(value), "it does not name a folder from the root on; write three slashes, such as file:///var/lib/waybill/documents")
	case u.Scheme == "s3" && u.Host == "":
		r.refuse(name, ShownDatabase(value), "it does not name a bucket; write s3://BUCKET?region=eu-central-1")
	case u.Scheme != "file" && u.Scheme != "s3":
		r.refuse(name, ShownDatabase(value), "there is no such kind of place; write file:///FOLDER or s3://BUCKET, or leave it out for the database")
	case u.User != nil:
		r.refuse(name, ShownDatabase(value), "it has credentials in it; give them as AWS's own programs take them, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment")
	}
	return value
}
