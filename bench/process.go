package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// Process is a server in a process of its own, so that what it uses is told
// apart from what its clients and its upstreams use.
type Process struct {
	Address string // host:port

	command  *exec.Cmd
	stdin    io.Closer
	orders   *json.Encoder
	receipts *json.Decoder
}

// Start runs this program once more, as the server of a role.
func Start(as string, first Order) (*Process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.Command(program)
	command.Env = append(os.Environ(), role+"="+as)
	command.Stderr = os.Stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	p := &Process{command: command, stdin: stdin, orders: json.NewEncoder(stdin), receipts: json.NewDecoder(stdout)}
	listening, err := p.Obey(first)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the %s: %w", as, err), p.Close())
	}
	p.Address = listening.Address
	return p, nil
}

// ID is the process's number.
func (p *Process) ID() int { return p.command.Process.Pid }

// Obey has the server carry out an order; the zero order asks for a receipt.
func (p *Process) Obey(o Order) (Receipt, error) {
	if err := p.orders.Encode(o); err != nil {
		return Receipt{}, err
	}
	var done Receipt
	if err := p.receipts.Decode(&done); err != nil {
		return Receipt{}, err
	}
	if done.Fault != "" {
		return Receipt{}, errors.New(done.Fault)
	}
	return done, nil
}

// Close ends the process, and says how it ended where that is not well.
func (p *Process) Close() error {
	p.stdin.Close()
	return p.command.Wait()
}
