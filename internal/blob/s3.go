package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/egress"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/random"
)

const (
	// partSize is from what size on a file is sent in parts of it, one after the other, in bytes.
	partSize = 16 << 20
	// tries is how often a request is made before it has failed.
	tries = 3
)

// S3 keeps bytes in a store that speaks S3. What is sent there lies in a folder of this machine first, so that it can be sent again and takes
// no memory.
type S3 struct {
	core   *minio.Core
	bucket string
	prefix string
	drafts *Local
}

// NewS3 makes the store; it asks nothing of it yet.
func NewS3(c S3Config, r *random.Source, cl clock.Clock) (*S3, error) {
	core, err := minio.NewCore(c.Endpoint.Host, &minio.Options{
		Creds:  credentials.NewStaticV4(c.AccessKey.Reveal(), c.SecretKey.Reveal(), ""),
		Secure: c.Endpoint.Scheme == "https", Transport: egress.Trusted(), Region: c.Region, MaxRetries: tries,
	})
	if err != nil {
		return nil, errors.New("FILES_URL: the endpoint is none of a store that speaks S3")
	}
	drafts, err := NewLocal(c.Drafts, r, cl)
	if err != nil {
		return nil, err
	}
	return &S3{core: core, bucket: c.Bucket, prefix: c.Prefix, drafts: drafts}, nil
}

// Close lets go of the folder of drafts.
func (s *S3) Close() error { return s.drafts.Close() }

// Check asks the store whether the bucket is there and may be used. Its error says which settings to look at.
func (s *S3) Check(ctx context.Context) error {
	ok, err := s.core.BucketExists(ctx, s.bucket)
	if err == nil && !ok {
		return errors.New("FILES_URL: there is no such bucket")
	}
	if err != nil {
		return fmt.Errorf("FILES_URL, S3_ACCESS_KEY, S3_SECRET_KEY: the bucket cannot be used: %w", err)
	}
	return nil
}

func (s *S3) name(key string) string { return path.Join(s.prefix, key) }

// Draft implements Store.
func (s *S3) Draft(ctx context.Context) (Draft, error) {
	d, err := s.drafts.Draft(ctx)
	if err != nil {
		return nil, err
	}
	return &s3Draft{localDraft: d.(*localDraft), store: s}, nil
}

type s3Draft struct {
	*localDraft
	store *S3
}

// Commit implements Draft.
func (d *s3Draft) Commit(ctx context.Context, key string) error {
	if err := check(key); err != nil {
		return err
	}
	defer d.Discard()
	size, err := d.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = d.Seek(0, io.SeekStart)
	}
	if err != nil {
		return trouble(err)
	}
	// The file itself can be read from any place, so that the parts need no memory. Nothing is sent as nothing: a body of no bytes would come
	// without a length, which the protocol does not take.
	var body io.Reader = d.File
	if size == 0 {
		body = http.NoBody
	}
	_, err = d.store.core.Client.PutObject(ctx, d.store.bucket, d.store.name(key), body, size, minio.PutObjectOptions{
		ContentType: "application/octet-stream", PartSize: partSize, NumThreads: 1, DisableContentSha256: size == 0,
	})
	return said(ctx, err)
}

// Put implements Store.
func (s *S3) Put(ctx context.Context, key string, r io.Reader) (int64, error) {
	return put(ctx, s, key, r)
}

// Open implements Store.
func (s *S3) Open(ctx context.Context, key string) (Object, error) {
	if err := check(key); err != nil {
		return nil, err
	}
	info, err := s.core.StatObject(ctx, s.bucket, s.name(key), minio.StatObjectOptions{})
	if err != nil {
		return nil, said(ctx, err)
	}
	return &s3Object{ctx: ctx, store: s, name: s.name(key), size: info.Size}, nil
}

// s3Object reads from a place on: what is skipped is not asked for.
type s3Object struct {
	ctx   context.Context // the reader's: io.Reader has no room for it
	store *S3
	name  string
	size  int64
	at    int64
	body  io.ReadCloser // from at on; nil until it is read
}

// Size implements Object.
func (o *s3Object) Size() int64 { return o.size }

// Read implements io.Reader.
func (o *s3Object) Read(p []byte) (int, error) {
	if o.at >= o.size {
		return 0, io.EOF
	}
	if o.body == nil {
		var opts minio.GetObjectOptions
		if o.at > 0 {
			if err := opts.SetRange(o.at, o.size-1); err != nil {
				return 0, err
			}
		}
		body, _, _, err := o.store.core.GetObject(o.ctx, o.store.bucket, o.name, opts)
		if err != nil {
			return 0, said(o.ctx, err)
		}
		o.body = body
	}
	n, err := o.body.Read(p)
	o.at += int64(n)
	if errors.Is(err, io.EOF) && o.at < o.size {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// Seek implements io.Seeker.
func (o *s3Object) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += o.at
	case io.SeekEnd:
		offset += o.size
	}
	if offset < 0 {
		return 0, errors.New("blob: a place before the beginning")
	}
	if offset != o.at {
		_ = o.Close()
		o.at = offset
	}
	return offset, nil
}

// Close implements io.Closer.
func (o *s3Object) Close() error {
	if o.body == nil {
		return nil
	}
	body := o.body
	o.body = nil
	return body.Close()
}

// Delete implements Store.
func (s *S3) Delete(ctx context.Context, key string) error {
	if err := check(key); err != nil {
		return err
	}
	err := said(ctx, s.core.RemoveObject(ctx, s.bucket, s.name(key), minio.RemoveObjectOptions{}))
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// Exists implements Store.
func (s *S3) Exists(ctx context.Context, key string) (bool, error) {
	if err := check(key); err != nil {
		return false, err
	}
	_, err := s.core.StatObject(ctx, s.bucket, s.name(key), minio.StatObjectOptions{})
	err = said(ctx, err)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// said gives what the store answered its kind. What it refuses for its keys or its bucket is Unavailable too: the operator mends it, and what
// waits is done then.
func said(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	r := minio.ToErrorResponse(err)
	if r.Code == "NoSuchKey" || r.StatusCode == http.StatusNotFound && r.Code != "NoSuchBucket" {
		return gone()
	}
	var f *fault.Error
	if errors.As(err, &f) {
		return err
	}
	var away net.Error
	if r.Code != "" || errors.As(err, &away) {
		return fault.Wrap(err, fault.Unavailable, "the file store cannot be reached just now; try again in a moment").After(time.Second)
	}
	return fmt.Errorf("the file store: %w", err)
}
