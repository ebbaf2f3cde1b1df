package blobtest

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// signed says why a request is not signed with the keys by the fourth version of Amazon's signature; "" where it is.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, read on 2026-11-22.
func signed(r *http.Request) string {
	rest, ok := strings.CutPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ")
	if !ok {
		return "no signature"
	}
	parts := map[string]string{}
	for p := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		parts[name] = value
	}
	at := r.Header.Get("X-Amz-Date")
	scope := strings.Split(parts["Credential"], "/")
	if len(scope) != 5 || scope[0] != AccessKey || scope[2] != Region || scope[3] != "s3" || !strings.HasPrefix(at, scope[1]) {
		return "another key, region or day: " + parts["Credential"]
	}
	names := strings.Split(parts["SignedHeaders"], ";")
	if !slices.Contains(names, "host") || !slices.Contains(names, "x-amz-content-sha256") || !slices.IsSorted(names) {
		return "headers that must be signed are not"
	}
	var headers strings.Builder
	for _, n := range names {
		value := strings.Join(r.Header.Values(n), ",")
		switch n {
		case "host":
			value = r.Host
		case "content-length":
			value = fmt.Sprint(r.ContentLength)
		}
		fmt.Fprintf(&headers, "%s:%s\n", n, strings.TrimSpace(value))
	}
	canonical := strings.Join([]string{r.Method, r.URL.EscapedPath(), query(r.URL.Query()), headers.String(), parts["SignedHeaders"], r.Header.Get("X-Amz-Content-Sha256")}, "\n")
	text := strings.Join([]string{"AWS4-HMAC-SHA256", at, strings.Join(scope[1:], "/"), digest([]byte(canonical))}, "\n")
	key := []byte("AWS4" + SecretKey)
	for _, step := range scope[1:] {
		key = mac(key, step)
	}
	if want := hex.EncodeToString(mac(key, text)); !hmac.Equal([]byte(want), []byte(parts["Signature"])) {
		return "the signature is another"
	}
	return signedBody(r, key, at, strings.Join(scope[1:], "/"), parts["Signature"])
}

// signedBody says why a body is not what was signed, and replaces one that comes in signed pieces by what is in them.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html, read on 2026-11-22.
func signedBody(r *http.Request, key []byte, at, scope, before string) string {
	promise := r.Header.Get("X-Amz-Content-Sha256")
	if promise == "UNSIGNED-PAYLOAD" {
		return ""
	}
	in := bufio.NewReader(r.Body)
	var body []byte
	if promise != "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" {
		var err error
		if body, err = io.ReadAll(in); err != nil || digest(body) != promise {
			return "the body is another"
		}
	} else {
		for isLast := false; !isLast; {
			head, err := in.ReadString('\n')
			size, signature, ok := strings.Cut(strings.TrimSpace(head), ";chunk-signature=")
			n, wrong := strconv.ParseUint(size, 16, 31)
			piece := make([]byte, n+2)
			if _, short := io.ReadFull(in, piece); err != nil || !ok || wrong != nil || short != nil {
				return "a piece of the body cannot be read"
			}
			piece = piece[:n]
			before = hex.EncodeToString(mac(key, strings.Join([]string{"AWS4-HMAC-SHA256-PAYLOAD", at, scope, before, digest(nil), digest(piece)}, "\n")))
			if signature != before {
				return "a piece of the body is another"
			}
			body = append(body, piece...)
			isLast = n == 0
		}
		if fmt.Sprint(len(body)) != r.Header.Get("X-Amz-Decoded-Content-Length") {
			return "the body is of another length"
		}
		r.Header.Set("X-Amz-Content-Sha256", digest(body))
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.Header.Set("Content-Length", fmt.Sprint(len(body)))
	return ""
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func query(q url.Values) string {
	return strings.ReplaceAll(q.Encode(), "+", "%20") // sorted by name
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
