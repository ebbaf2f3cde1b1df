package line

import (
	"io"
	"net/http"
	"strconv"

	"github.com/switchyard-chat/switchyard/channels/fake"
)

// contentLimit is the most that is held of one message.
const contentLimit = 200 << 20

// contentAdmin lets who writes webhooks by other means than this fake's customers say what their messages hold, beside fake.Admin:
//
//	PUT    /_fake/content/{message}  the body, of its Content-Type, is what the message holds: 204; ?account= the account's user id, the first
//	                                 account where left out; ?pending= how often it is still being prepared, below 0 for ever
//	DELETE /_fake/content/{message}  it is gone, as after an unsend: 204
func (s *Server) contentAdmin(mux *http.ServeMux) {
	const path = fake.AdminPath + "content/{message}"
	mux.HandleFunc("PUT "+path, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, contentLimit))
		if err != nil {
			fake.WriteJSON(w, http.StatusRequestEntityTooLarge, map[string]string{"message": "the body is too large or broke off"})
			return
		}
		pending, err := strconv.Atoi(r.FormValue("pending"))
		if err != nil {
			pending = 0
		}
		s.hold(w, r, &content{contentType: r.Header.Get("Content-Type"), bytes: body, pendingFor: pending})
	})
	mux.HandleFunc("DELETE "+path, func(w http.ResponseWriter, r *http.Request) { s.hold(w, r, &content{isGone: true}) })
}

// hold makes a content that of the message and the account that a request names.
func (s *Server) hold(w http.ResponseWriter, r *http.Request, c *content) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.bots {
		if account := r.URL.Query().Get("account"); account == "" || account == b.setup.UserID {
			b.contents[r.PathValue("message")] = c
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	fake.WriteJSON(w, http.StatusNotFound, map[string]string{"message": "there is no such account"})
}
