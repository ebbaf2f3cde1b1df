package line

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// BaseData is the name in Account.BaseURLs of the host of binary content.
const BaseData = "data"

// defaultData is LINE's own host of binary content.
const defaultData = "https://api-data.line.me"

// FetchMedia opens what a customer sent: with LINE by the message's id, or at the address that an external content provider named. LINE keeps
// content for a time it does not tell; a film that is still prepared (202) is a fault of kind Unavailable, one whose preparation failed, or
// that is gone or was unsent (404, 410), of kind NotFound. The token goes to LINE alone, never to an external address.
//
// https://developers.line.biz/en/reference/messaging-api/#get-content (read 2026-08-07)
func (a *Adapter) FetchMedia(ctx context.Context, account channels.Account, media channels.Media) (channels.MediaStream, error) {
	at, token := media.URL, ""
	if media.ID != "" {
		base := account.BaseURLs[BaseData]
		if base == "" {
			base = defaultData
		}
		at = strings.TrimRight(base, "/") + "/v2/bot/message/" + url.PathEscape(media.ID) + "/content"
		if token = account.Credentials[ChannelAccessToken]; !isHeaderWord(token) {
			return channels.MediaStream{}, fetchFault(answer{err: errNoToken}, "file")
		}
	}
	response, err := a.open(ctx, at, token)
	if err != nil {
		return channels.MediaStream{}, err
	}
	if response.StatusCode == http.StatusOK {
		return channels.MediaStream{ReadCloser: response.Body, ContentType: response.Header.Get("Content-Type"), Size: response.ContentLength}, nil
	}
	_ = response.Body.Close()
	switch status := response.StatusCode; {
	case status == http.StatusAccepted && token != "":
		return channels.MediaStream{}, a.prepared(ctx, at, token)
	case status == http.StatusGone, status == http.StatusNotFound:
		return channels.MediaStream{}, fault.New(fault.NotFound, "LINE no longer has the file")
	case token == "" && status < http.StatusInternalServerError && status != http.StatusTooManyRequests:
		return channels.MediaStream{}, fault.New(fault.NotFound, "the file's address does not give it")
	default:
		return channels.MediaStream{}, fetchFault(answer{status: status, header: response.Header, sent: true}, "file")
	}
}

// open asks an address. Without a token nothing of the account goes along.
func (a *Adapter) open(ctx context.Context, at, token string) (*http.Response, error) {
	call, err := http.NewRequestWithContext(ctx, http.MethodGet, at, http.NoBody)
	if err != nil || call.URL.Host == "" || call.URL.Scheme != "https" && call.URL.Scheme != "http" {
		return nil, fault.New(fault.NotFound, "the file's address is no address")
	}
	if token != "" {
		call.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := a.media.Do(call)
	if err != nil {
		// url.Error repeats the address.
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err
		}
		return nil, fetchFault(answer{err: err}, "file")
	}
	return response, nil
}

// prepared says how far LINE is with a film or sound that it has not ready: to be asked for later, or never to come.
func (a *Adapter) prepared(ctx context.Context, at, token string) error {
	later := fault.New(fault.Unavailable, "LINE is still preparing the file").WithCode(channels.CodePlatformError, nil)
	response, err := a.open(ctx, at+"/transcoding", token)
	if err != nil {
		return later
	}
	defer func() { _ = response.Body.Close() }()
	var said struct {
		Status string `json:"status"`
	}
	if response.StatusCode == http.StatusOK && json.NewDecoder(io.LimitReader(response.Body, responseLimit)).Decode(&said) == nil && said.Status == "failed" {
		return fault.New(fault.NotFound, "LINE could not prepare the file")
	}
	return later
}
