package blob

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/switchyard-chat/switchyard/internal/seal"
)

// Scheme is how the address of an S3-compatible store begins.
const Scheme = "s3://"

// S3Config says where an S3-compatible store is and how to get in.
type S3Config struct {
	Endpoint  *url.URL
	Region    string
	Bucket    string
	Prefix    string // without slashes at its ends; empty for none
	AccessKey seal.Secret
	SecretKey seal.Secret
	// Drafts is a folder of this machine in which files lie until they are sent.
	Drafts string
}

var (
	buckets  = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	prefixes = regexp.MustCompile(`^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$`)
	regions  = regexp.MustCompile(`^[a-z0-9-]+$`)
)

// ParseS3 reads the address of a store, s3://bucket/prefix?endpoint=https://host:port&region=name, and the two keys to it. Without an endpoint it is Amazon's
// own, and the region must be given. It gives everything that is wrong, in terms of the settings FILES_URL, S3_ACCESS_KEY and S3_SECRET_KEY;
// no error repeats a value.
func ParseS3(address, accessKey, secretKey string) (S3Config, []error) {
	c := S3Config{AccessKey: seal.Hide(accessKey), SecretKey: seal.Hide(secretKey)}
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.AccessKey.IsEmpty() || c.SecretKey.IsEmpty() {
		wrong("S3_ACCESS_KEY and S3_SECRET_KEY must be set where FILES_URL is")
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme+"://" != Scheme {
		wrong("FILES_URL must look like s3://bucket/prefix?endpoint=https://host&region=name, or be empty for a folder in DATA_DIR")
		return c, errs
	}
	if u.User != nil {
		wrong("FILES_URL must not hold a user or password: the keys are S3_ACCESS_KEY and S3_SECRET_KEY")
	}
	c.Bucket, c.Prefix = u.Host, strings.Trim(u.Path, "/")
	if !buckets.MatchString(c.Bucket) {
		wrong("FILES_URL must name a bucket: 3 to 63 small letters, digits, dots and hyphens")
	}
	if c.Prefix != "" && (!prefixes.MatchString(c.Prefix) || strings.Contains("/"+c.Prefix+"/", "/../") || strings.Contains("/"+c.Prefix+"/", "/./") || len(c.Prefix) > 200) {
		wrong("FILES_URL: a prefix has letters, digits, dots, hyphens and slashes, at most 200")
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		wrong("FILES_URL: what follows the question mark cannot be read")
	}
	for name := range q {
		if name != "endpoint" && name != "region" {
			wrong("FILES_URL knows endpoint and region after the question mark, and nothing else")
		}
	}
	c.Region = q.Get("region")
	if c.Region != "" && !regions.MatchString(c.Region) {
		wrong("FILES_URL: a region has small letters, digits and hyphens, as eu-central-1")
	}
	endpoint := q.Get("endpoint")
	if endpoint == "" {
		if c.Region == "" {
			wrong("FILES_URL must name the region where it names no endpoint, as s3://bucket?region=eu-central-1")
		}
		endpoint = "https://s3." + c.Region + ".amazonaws.com"
	}
	if c.Region == "" {
		c.Region = "us-east-1" // what stores without regions expect
	}
	c.Endpoint, err = url.Parse(endpoint)
	if err != nil || c.Endpoint.Host == "" || c.Endpoint.Scheme != "https" && c.Endpoint.Scheme != "http" || strings.Trim(c.Endpoint.Path, "/") != "" ||
		c.Endpoint.RawQuery != "" || c.Endpoint.User != nil {
		wrong("FILES_URL: the endpoint must look like https://s3.example.com, without a path")
	}
	return c, errs
}
