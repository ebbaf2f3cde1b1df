package line

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/switchyard-chat/switchyard/channels/fake"
)

// requestLimit is the most LINE takes of a request's body.
const requestLimit = 2 << 20

// handler serves one operation of an account. It runs under the server's lock.
type handler func(b *Bot, r *call) reply

// call is an authenticated request.
type call struct {
	*http.Request
	body      []byte
	requestID string
}

// reply is what is answered: LINE's JSON, or bytes of a content.
type reply struct {
	status      int
	value       any
	header      http.Header
	contentType string
	content     []byte
}

func ok(value any) reply { return reply{status: http.StatusOK, value: value} }

// problem is LINE's form of an error.
type problem struct {
	Message string   `json:"message"`
	Details []detail `json:"details,omitempty"`
}

type detail struct {
	Message  string `json:"message"`
	Property string `json:"property,omitempty"`
}

func refuse(status int, message string, details ...detail) reply {
	return reply{status: status, value: problem{Message: message, Details: details}}
}

func notFound() reply { return refuse(http.StatusNotFound, "Not found") }

func (s *Server) apiRoutes() http.Handler {
	mux := http.NewServeMux()
	s.route(mux, Push, "POST /v2/bot/message/push", push)
	s.route(mux, Reply, "POST /v2/bot/message/reply", replyTo)
	s.route(mux, Multicast, "POST /v2/bot/message/multicast", multicast)
	s.route(mux, Validate, "POST /v2/bot/message/validate/{kind}", validateOnly)
	s.route(mux, Info, "GET /v2/bot/info", info)
	s.route(mux, Followers, "GET /v2/bot/followers/ids", followers)
	s.route(mux, Profile, "GET /v2/bot/profile/{user}", profile)
	for path, isRoom := range map[string]bool{"/v2/bot/group/{chat}": false, "/v2/bot/room/{chat}": true} {
		s.route(mux, MembersCount, "GET "+path+"/members/count", inGroup(isRoom, membersCount))
		s.route(mux, MembersIDs, "GET "+path+"/members/ids", inGroup(isRoom, membersIDs))
		s.route(mux, Member, "GET "+path+"/member/{user}", inGroup(isRoom, member))
		s.route(mux, Leave, "POST "+path+"/leave", inGroup(isRoom, leave))
	}
	s.route(mux, Summary, "GET /v2/bot/group/{chat}/summary", inGroup(false, summary))
	s.route(mux, Quota, "GET /v2/bot/message/quota", quota)
	s.route(mux, Consumption, "GET /v2/bot/message/quota/consumption", consumption)
	s.route(mux, Endpoint, "GET /v2/bot/channel/webhook/endpoint", webhookEndpoint)
	s.route(mux, Endpoint, "PUT /v2/bot/channel/webhook/endpoint", setWebhookEndpoint)
	mux.Handle("POST /v2/bot/channel/webhook/test", s.spoiled(EndpointTest, http.HandlerFunc(s.testWebhook)))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { s.write(w, notFound(), s.hex(16)) })
	return mux
}

func (s *Server) dataRoutes() http.Handler {
	mux := http.NewServeMux()
	s.route(mux, Content, "GET /v2/bot/message/{id}/content", contentBytes)
	s.route(mux, Content, "GET /v2/bot/message/{id}/content/preview", contentPreview)
	s.route(mux, Content, "GET /v2/bot/message/{id}/content/transcoding", contentTranscoding)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { s.write(w, notFound(), s.hex(16)) })
	return mux
}

func (s *Server) route(mux *http.ServeMux, operation, pattern string, h handler) {
	mux.Handle(pattern, s.spoiled(operation, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requestID := s.hex(16)
		s.write(w, s.serve(r, requestID, h), requestID)
	})))
}

func (s *Server) serve(r *http.Request, requestID string, h handler) reply {
	body, err := io.ReadAll(r.Body)
	if err != nil || len(body) > requestLimit {
		return refuse(http.StatusRequestEntityTooLarge, "Request entity too large")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, refused := s.authenticate(r)
	if b == nil {
		return refused
	}
	if len(body) > 0 {
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
			return refuse(http.StatusUnsupportedMediaType, "Unsupported media type")
		}
	}
	return h(b, &call{Request: r, body: body, requestID: requestID})
}

// authenticate finds the account of a request's token; nil and LINE's answer when there is none.
func (s *Server) authenticate(r *http.Request) (*Bot, reply) {
	token, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !isBearer {
		return nil, refuse(http.StatusUnauthorized,
			"Authentication failed due to the following reason: no authorization header. Confirm that the access token in the authorization header is valid.")
	}
	b := s.botOf(token)
	if b == nil {
		return nil, refuse(http.StatusUnauthorized,
			"Authentication failed due to the following reason: invalid token. Confirm that the access token in the authorization header is valid.")
	}
	return b, reply{}
}

// spoiled lets faults spoil an operation, in LINE's words.
func (s *Server) spoiled(operation string, next http.Handler) http.Handler {
	return s.faults.Wrap(operation, fake.Answers{
		Error: func(w http.ResponseWriter) {
			s.write(w, refuse(http.StatusInternalServerError, "Internal server error"), s.hex(16))
		},
		RateLimit: func(w http.ResponseWriter, f fake.Fault) {
			answer := refuse(http.StatusTooManyRequests, "The API rate limit has been exceeded. Try again later.")
			if f.RetryAfter > 0 {
				answer.header = http.Header{"Retry-After": {decimal(int64(f.RetryAfter.Seconds()))}}
			}
			s.write(w, answer, s.hex(16))
		},
		QuotaLimit: func(w http.ResponseWriter) { s.write(w, overQuota(), s.hex(16)) },
		Revoke: func(r *http.Request) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if b, _ := s.authenticate(r); b != nil {
				b.isRevoked = true
			}
		},
	}, next)
}

func (s *Server) write(w http.ResponseWriter, r reply, requestID string) {
	for name, values := range r.header {
		w.Header()[name] = values
	}
	w.Header().Set("X-Line-Request-Id", requestID)
	if r.content != nil {
		w.Header().Set("Content-Type", r.contentType)
		w.WriteHeader(r.status)
		_, _ = w.Write(r.content) // the client left
		return
	}
	fake.WriteJSON(w, r.status, r.value)
}

// read decodes a request's body; a reply where it is none.
func (r *call) read(target any) (reply, bool) {
	if err := json.Unmarshal(r.body, target); err != nil {
		return refuse(http.StatusBadRequest, "The request body could not be parsed as JSON (line: 1, column: 1)"), false
	}
	return reply{}, true
}
