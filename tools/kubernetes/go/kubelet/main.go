// A test double of a kubelet: it runs no containers. Its streams are the real kubelet's (k8s.io/cri-streaming), and a "container" is a process of
// this machine; a "pod's" ports are those of 127.0.0.1. So what kubectl and the API server send and get is what they send to and get from a node.
//
//	kubelet ADDRESS CERTIFICATE KEY
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"k8s.io/cri-streaming/pkg/streaming/portforward"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

const (
	idle     = time.Minute
	creation = 10 * time.Second
)

type machine struct{}

func (machine) ExecInContainer(ctx context.Context, _, _, _ string, command []string, in io.Reader, out, errs io.WriteCloser, _ bool, _ <-chan remotecommand.TerminalSize, _ time.Duration) error {
	return run(ctx, command, in, out, errs)
}

func (machine) AttachContainer(ctx context.Context, _, _, _ string, in io.Reader, out, errs io.WriteCloser, _ bool, _ <-chan remotecommand.TerminalSize) error {
	return run(ctx, []string{"cat"}, in, out, errs)
}

func (machine) PortForward(_ context.Context, _, _ string, port int32, stream io.ReadWriteCloser) error {
	defer stream.Close()
	connection, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return err
	}
	defer connection.Close()
	go func() {
		io.Copy(connection, stream)
		connection.(*net.TCPConn).CloseWrite()
	}()
	_, err = io.Copy(stream, connection)
	return err
}

func run(ctx context.Context, command []string, in io.Reader, out, errs io.WriteCloser) error {
	if len(command) == 0 {
		return errors.New("no command")
	}
	process := exec.CommandContext(ctx, command[0], command[1:]...)
	process.Stdout, process.Stderr = out, errs
	if in != nil {
		// Not process.Stdin: waiting would go on until the client closes its side, however the process ended.
		pipe, err := process.StdinPipe()
		if err != nil {
			return err
		}
		go func() { io.Copy(pipe, in); pipe.Close() }()
	}
	err := process.Run()
	var exited *exec.ExitError
	if errors.As(err, &exited) {
		return &utilexec.ExitErrorWrapper{ExitError: exited}
	}
	return err
}

func main() {
	http.HandleFunc("/exec/", func(w http.ResponseWriter, r *http.Request) {
		options, err := remotecommand.NewOptions(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		remotecommand.ServeExec(w, r, machine{}, "", "", "", r.URL.Query()["command"], options, idle, creation, remotecommand.SupportedStreamingProtocols)
	})
	http.HandleFunc("/attach/", func(w http.ResponseWriter, r *http.Request) {
		options, err := remotecommand.NewOptions(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		remotecommand.ServeAttach(w, r, machine{}, "", "", "", options, idle, creation, remotecommand.SupportedStreamingProtocols)
	})
	http.HandleFunc("/portForward/", func(w http.ResponseWriter, r *http.Request) {
		options, err := portforward.NewV4Options(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		portforward.ServePortForward(w, r, machine{}, "", "", options, idle, creation, portforward.SupportedProtocols)
	})
	http.HandleFunc("/containerLogs/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "a line of %s\n", strings.TrimPrefix(r.URL.Path, "/containerLogs/"))
	})
	log.Fatal(http.ListenAndServeTLS(os.Args[1], os.Args[2], os.Args[3], nil))
}
