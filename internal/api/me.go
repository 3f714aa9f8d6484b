package api

import (
	"bytes"
	"context"
	"image"
	_ "image/jpeg" // a form of pictures that are accepted
	_ "image/png"  // the other one
	"net/http"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

const (
	maxPicture = 256 << 10 // bytes
	maxSide    = 2048      // pixels
)

// me returns the user who makes the request.
func (s *Server) me(ctx context.Context) (account.User, error) {
	return s.Store.User(ctx, actorOf(ctx).User)
}

func (s *Server) getMe(ctx context.Context, _ *struct{}) (*userOutput, error) {
	u, err := s.me(ctx)
	return &userOutput{Body: userOf(u)}, err
}

type changeMeInput struct {
	Body struct {
		Name     *string `json:"name,omitempty" example:"Kim Example" doc:"At most 200 bytes."`
		Language *string `json:"language,omitempty" example:"de" doc:"en or de."`
	} `nameHint:"ProfileChange"`
}

func (s *Server) changeMe(ctx context.Context, in *changeMeInput) (*userOutput, error) {
	u, err := s.me(ctx)
	if err != nil {
		return nil, err
	}
	next := u
	set(&next.Name, in.Body.Name)
	set(&next.Language, in.Body.Language)
	if err := account.CheckUser(next); err != nil {
		return nil, err
	}
	e := note(ctx, "profile.change", next.ID.String(), next.Company, account.ShownUser(u), account.ShownUser(next))
	if err := s.Store.ChangeProfile(ctx, next.ID, next.Name, next.Language, e); err != nil {
		return nil, err
	}
	return &userOutput{Body: userOf(next)}, nil
}

func (s *Server) getPicture(ctx context.Context, _ *struct{}) (*pictureOutput, error) {
	u, err := s.me(ctx)
	if err != nil {
		return nil, err
	}
	return s.picture(ctx, u)
}

type putPictureInput struct {
	rawBody
}

func (s *Server) putPicture(ctx context.Context, in *putPictureInput) (*struct{}, error) {
	body, err := in.readAll(maxPicture)
	if err != nil {
		return nil, err
	}
	if len(body) > maxPicture {
		return nil, &hook.Error{
			Fault: hook.TooLarge, Msg: "the picture is larger than 256 KiB; make it smaller",
			German: "Das Bild ist größer als 256 KiB; verkleinern Sie es.",
		}
	}
	kind, err := pictureType(body)
	if err != nil {
		return nil, err
	}
	a := actorOf(ctx)
	return nil, s.Store.SetPicture(ctx, a.User, kind, body, note(ctx, "profile.picture", a.User.String(), a.Company, nil,
		map[string]any{"type": kind, "bytes": len(body)}))
}

// pictureType returns the media type of a picture, whatever it was said to be,
// or what is wrong with it.
func pictureType(picture []byte) (string, error) {
	var wrong problems
	config, format, err := image.DecodeConfig(bytes.NewReader(picture))
	switch {
	case err != nil || format != "png" && format != "jpeg":
		wrong.add("", "it is not a picture in PNG or JPEG; save it as one of these",
			"Das ist kein Bild im Format PNG oder JPEG; speichern Sie es in einem davon.")
	case config.Width > maxSide || config.Height > maxSide:
		wrong.add("", "the picture is more than 2048 pixels wide or high; make it smaller",
			"Das Bild ist breiter oder höher als 2048 Pixel; verkleinern Sie es.")
	}
	return "image/" + format, wrong.err()
}

func (s *Server) deletePicture(ctx context.Context, _ *struct{}) (*struct{}, error) {
	a := actorOf(ctx)
	return nil, s.Store.SetPicture(ctx, a.User, "", nil, note(ctx, "profile.picture", a.User.String(), a.Company, nil, nil))
}

func (s *Server) getUserPicture(ctx context.Context, in *userInput) (*pictureOutput, error) {
	u, err := s.user(ctx, in.Company, in.ID)
	if err != nil {
		return nil, err
	}
	return s.picture(ctx, u)
}

// picture answers a user's picture, or their initials.
func (s *Server) picture(ctx context.Context, u account.User) (*pictureOutput, error) {
	out := &pictureOutput{
		ContentType: svgType, Sniff: "nosniff",
		Policy: "default-src 'none'; style-src 'unsafe-inline'; sandbox",
	}
	if !u.Picture {
		out.Body = initialsPicture(u)
		return out, nil
	}
	var err error
	out.ContentType, out.Body, err = s.Store.Picture(ctx, u.ID)
	if problemOf(err).Status == http.StatusNotFound { // it was removed meanwhile
		out.ContentType, out.Body, err = svgType, initialsPicture(u), nil
	}
	return out, err
}
