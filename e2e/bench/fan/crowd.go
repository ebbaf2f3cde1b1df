package fan

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Crowd is the clients of one server, in a process of their own.
type Crowd struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
}

// Gather starts the process of the clients, which is this program with the argument that makes it call Clients, and waits until all are
// connected and subscribed.
func Gather(ctx context.Context, plan Plan, argv ...string) (*Crowd, error) {
	c := &Crowd{cmd: exec.CommandContext(ctx, argv[0], argv[1:]...)}
	c.cmd.Stderr = os.Stderr
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.lines = bufio.NewScanner(out)
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	if err := json.NewEncoder(c.in).Encode(plan); err != nil {
		return nil, errors.Join(err, c.Leave())
	}
	if err := c.await("ready"); err != nil {
		return nil, errors.Join(err, c.Leave())
	}
	return c, nil
}

func (c *Crowd) await(word string) error {
	if !c.lines.Scan() || c.lines.Text() != word {
		return fmt.Errorf("the clients are not %s", word)
	}
	return nil
}

// Run begins to count. last is the number of each conversation's last message.
func (c *Crowd) Run(last []int) error {
	if err := json.NewEncoder(c.in).Encode(command{Do: "run", Last: last}); err != nil {
		return err
	}
	return c.await("running")
}

// End waits, for as long as wait, until everybody has every message up to last, and says what was seen.
func (c *Crowd) End(last []int, wait time.Duration) (t Tally, err error) {
	if err := json.NewEncoder(c.in).Encode(command{Do: "end", Last: last, Wait: wait}); err != nil {
		return t, err
	}
	if !c.lines.Scan() {
		return t, errors.New("the clients have gone")
	}
	return t, json.Unmarshal(c.lines.Bytes(), &t)
}

// Leave ends the process of the clients.
func (c *Crowd) Leave() error {
	_ = c.in.Close()
	return c.cmd.Wait()
}
