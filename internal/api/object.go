package api

import (
	"context"
	"encoding/hex"
	"mime"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/document"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

const objectsPath = companyPath + "/objects"

// registerObjects adds the files that orders and shipments point to.
func (s *Server) registerObjects(a huma.API) {
	register(a, postObjectOperation(), s.postObject)
	register(a, secured("GET "+objectsPath+"/{id}", "getObject", "Read what is known of an object", account.ReadDocuments), s.getObject)
	register(a, secured("DELETE "+objectsPath+"/{id}", "deleteObject",
		"Delete an object; orders and shipments that point to it then point to nothing", account.PostDocuments), s.deleteObject)
}

// StoredObject is an object without what it holds.
type StoredObject struct {
	ObjectID    string    `json:"objectId" format:"uuid" doc:"What documents of orders and shipments name it by."`
	Filename    string    `json:"filename"`
	ContentType string    `json:"contentType"`
	Size        int64     `json:"size" doc:"In bytes."`
	SHA256      string    `json:"sha256" doc:"In hexadecimal."`
	CreatedAt   time.Time `json:"createdAt"`
}

func objectOf(o trade.Object) StoredObject {
	return StoredObject{
		ObjectID: o.ID.String(), Filename: o.Filename, ContentType: o.MediaType, Size: o.Size,
		SHA256: hex.EncodeToString(o.SHA256[:]), CreatedAt: o.CreatedAt,
	}
}

// ObjectDetails is what a producer says of an object, in the query or in a form.
type ObjectDetails struct {
	Filename string `query:"filename" maxLength:"200" doc:"The name that receivers may keep it by, without folders. In a form it can be left to the file."`
	SHA256   string `query:"sha256" pattern:"^[0-9a-fA-F]{64}$" doc:"What its SHA-256 must be, in hexadecimal."`

	mediaType string // of what it holds; empty if nobody says
}

// readField takes a detail out of a form.
func (d *ObjectDetails) readField(name, value string) error {
	switch name {
	case "filename":
		d.Filename = value
	case "sha256":
		d.SHA256 = value
	default:
		return noSuchField(name)
	}
	return nil
}

// readFile takes what the form says of its file.
func (d *ObjectDetails) readFile(part *multipart.Part) {
	d.mediaType = part.Header.Get("Content-Type")
	if d.Filename == "" {
		d.Filename = part.FileName()
	}
}

type postObjectInput struct {
	Company string `path:"company" doc:"The company's ID."`
	ObjectDetails
	Key    string `header:"Idempotency-Key" doc:"1 to 200 printable ASCII characters. A request with the key of an earlier one is not stored again; all else must be the same."`
	Digest string `header:"Content-Digest" doc:"What the body's SHA-256 must be (RFC 9530): sha-256=:BASE64:"`
	rawBody
}

type postObjectOutput struct {
	Location string `header:"Location" hidden:"true"`
	Body     keptObject
}

type keptObject struct {
	StoredObject
	Repeated bool `json:"repeated" doc:"Whether it was there already, by the idempotency key."`
}

func postObjectOperation() huma.Operation {
	op := created(secured("POST "+objectsPath, "postObject", "Store a file that orders and shipments point to", account.PostDocuments,
		http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusServiceUnavailable, http.StatusConflict))
	op.Description = "The body is the file itself, of any Content-Type; or a form (multipart/form-data) with the file, and any of the parameters as fields. " +
		"Orders and shipments name it as objectId; receivers of the same company download it."
	return op
}

func (s *Server) postObject(ctx context.Context, in *postObjectInput) (*postObjectOutput, error) {
	r := document.ObjectRequest{Company: in.Company}
	var err error
	if r.IdempotencyKey, err = in.idempotencyKey(); err != nil {
		return nil, err
	}
	u, err := s.beginUpload(ctx, in.Company, in.request)
	if err != nil {
		return nil, err
	}
	defer u.Close(ctx)
	if err := in.bring(ctx, u, &r); err != nil {
		return nil, err
	}
	o, repeated, err := s.Archive.Keep(ctx, u, r)
	if err != nil {
		return nil, err
	}
	out := &postObjectOutput{Body: keptObject{objectOf(o), repeated}}
	out.Location = "/api/v1/companies/" + in.Company + "/objects/" + out.Body.ObjectID
	return out, nil
}

// bring takes in the file that the body is, or has, and completes r.
func (in *postObjectInput) bring(ctx context.Context, u *document.Upload, r *document.ObjectRequest) error {
	body := in.stream()
	defer body.end()
	header := in.request.Header.Get("Content-Type")
	mediaType, parameters, err := mime.ParseMediaType(header)
	if err == nil && mediaType == formType {
		if in.Digest != "" {
			return hook.InvalidField(digestHeader, "it is that of the whole form, which is not kept; send the file's own as the field sha256")
		}
		if err := bringForm(ctx, u, body, parameters["boundary"], &in.ObjectDetails); err != nil {
			return err
		}
		header = in.mediaType
	} else {
		early := document.ObjectRequest{Filename: in.Filename, MediaType: header}
		if err := early.Check(); err != nil { // before much is brought in vain
			return err
		}
		if err := u.Bring(ctx, body); err != nil {
			return err
		}
	}
	r.Filename, r.MediaType = in.Filename, header
	r.SHA256, err = expectedDigest(in.SHA256, in.Digest)
	return err
}

type objectInput struct {
	Company string `path:"company" doc:"The company's ID."`
	ID      string `path:"id" doc:"The object's ID; or a document's, which is an object too."`
}

type objectOutput struct {
	Body StoredObject
}

func (s *Server) getObject(ctx context.Context, in *objectInput) (*objectOutput, error) {
	id, err := parseID(in.ID, "object")
	if err != nil {
		return nil, err
	}
	o, err := s.Archive.Object(ctx, in.Company, id)
	if err != nil {
		return nil, err
	}
	return &objectOutput{Body: objectOf(o)}, nil
}

func (s *Server) deleteObject(ctx context.Context, in *objectInput) (*struct{}, error) {
	id, err := parseID(in.ID, "object")
	if err != nil {
		return nil, err
	}
	return nil, s.Archive.DeleteObject(ctx, in.Company, id)
}
