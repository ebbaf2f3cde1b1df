package data

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// rows writes rows in the text form of COPY.
type rows struct {
	w       *bufio.Writer
	b       []byte
	isBegun bool
}

func (r *rows) next() {
	if r.isBegun {
		r.b = append(r.b, '\t')
	}
	r.isBegun = true
}

func (r *rows) num(n int64) {
	r.next()
	r.b = strconv.AppendInt(r.b, n, 10)
}

// opt is a number that is NULL where it is 0.
func (r *rows) opt(n int64) {
	if n == 0 {
		r.null()
		return
	}
	r.num(n)
}

func (r *rows) null() {
	r.next()
	r.b = append(r.b, '\\', 'N')
}

func (r *rows) time(t time.Time) {
	r.next()
	r.b = t.AppendFormat(r.b, "2006-01-02 15:04:05.999999Z07")
}

func (r *rows) text(s string) {
	r.next()
	if !strings.ContainsAny(s, "\\\t\n\r") {
		r.b = append(r.b, s...)
		return
	}
	r.b = append(r.b, strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`).Replace(s)...)
}

// list is a JSON list of numbers; NULL where it is empty.
func (r *rows) list(ids []int64) {
	if len(ids) == 0 {
		r.null()
		return
	}
	r.next()
	for i, n := range ids {
		r.b = append(r.b, ",["[b2i(i == 0)])
		r.b = strconv.AppendInt(r.b, n, 10)
	}
	r.b = append(r.b, ']')
}

// counts is a JSON object that gives each of ids the same count; NULL where there is nothing to count.
func (r *rows) counts(ids []int64, count int64) {
	if len(ids) == 0 || count == 0 {
		r.null()
		return
	}
	r.next()
	for i, n := range ids {
		r.b = append(r.b, ",{"[b2i(i == 0)], '"')
		r.b = strconv.AppendInt(append(strconv.AppendInt(r.b, n, 10), '"', ':'), count, 10)
	}
	r.b = append(r.b, '}')
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// grams is an array of numbers.
func (r *rows) grams(all []int32) {
	r.next()
	for i, n := range all {
		r.b = append(r.b, ",{"[b2i(i == 0)])
		r.b = strconv.AppendInt(r.b, int64(n), 10)
	}
	r.b = append(r.b, '}')
}

// end ends a row.
func (r *rows) end() error {
	r.b = append(r.b, '\n')
	_, err := r.w.Write(r.b)
	r.b, r.isBegun = r.b[:0], false
	return err
}

// fill copies what write gives into a table.
func fill(ctx context.Context, c *pgx.Conn, table, columns string, write func(*rows) error) error {
	from, to := io.Pipe()
	go func() {
		r := &rows{w: bufio.NewWriterSize(to, 1<<20)}
		err := write(r)
		if err == nil {
			err = r.w.Flush()
		}
		_ = to.CloseWithError(err)
	}()
	if _, err := c.PgConn().CopyFrom(ctx, from, "COPY "+table+" ("+columns+") FROM STDIN"); err != nil {
		_ = from.CloseWithError(err)
		return fmt.Errorf("fill %s: %w", table, err)
	}
	return nil
}
