// Package apiserver is a real kube-apiserver of the version in go.mod, a real etcd, and a client, in one process. The client
// applies objects like `kubectl apply --server-side --dry-run=server --validate=strict`, but thousands in a few
// seconds.
//
//	apiserver [--program PROGRAM] [--emulate VERSION] FOLDER CRD...
//
// PROGRAM is a kube-apiserver of another version, and VERSION is an older version that a server emulates.
// FOLDER is for the server's files; FOLDER/kubeconfig is for kubectl. CRD are files with definitions, which are added first. Then each line on standard
// input is a request, and each line on standard output is an answer, in any order:
//
//	{"id": "a", "yaml": "apiVersion: v1\nkind: Service\n…\n---\n…", "keep": false}
//	{"id": "a", "objects": [{"object": "Service/x", "accepted": true, "warnings": [], "refusal": ""}]}
//
// `keep` stores the objects; without it nothing is stored. Both servers end when standard input is closed, so they
// never run longer than the caller. The first line on standard output is the server's version.
package apiserver

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// Workers is the number of parallel requests.
const workers = 8

type request struct {
	ID   string `json:"id"`
	YAML string `json:"yaml"`
	Keep bool   `json:"keep"`
}

type answer struct {
	ID      string    `json:"id"`
	Objects []verdict `json:"objects"`
}

// Main is the command.
func Main(args []string) {
	var release release
	flags := flag.NewFlagSet("apiserver", flag.ExitOnError)
	flags.StringVar(&release.program, "program", "", "")
	flags.StringVar(&release.emulated, "emulate", "", "")
	_ = flags.Parse(args)
	args = flags.Args()
	if err := answerAll(args[0], args[1:], release); err != nil {
		fmt.Fprintln(os.Stderr, "apiserver:", err)
		os.Exit(1)
	}
}

func answerAll(folder string, definitions []string, release release) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	// Etcd reserves 64 MB for its log.
	defer os.RemoveAll(filepath.Join(folder, "etcd"))
	address, err := serve(ctx, folder, release)
	if err != nil {
		return err
	}
	client, err := connect(ctx, address)
	if err != nil {
		return err
	}
	if err := writeKubeconfig(filepath.Join(folder, "kubeconfig"), client.base); err != nil {
		return err
	}
	for _, file := range definitions {
		if err := client.define(ctx, file); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	version, err := client.discovery.ServerVersion()
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	if err := out.Encode(version); err != nil {
		return err
	}

	var group sync.WaitGroup
	var writing sync.Mutex
	requests := make(chan request)
	for range workers {
		group.Go(func() {
			for r := range requests {
				a := answer{ID: r.ID, Objects: client.apply(ctx, []byte(r.YAML), r.Keep)}
				writing.Lock()
				err := out.Encode(a)
				writing.Unlock()
				if err != nil {
					os.Exit(1)
				}
			}
		})
	}
	defer group.Wait()
	defer close(requests)
	in := json.NewDecoder(bufio.NewReader(os.Stdin))
	for in.More() {
		var r request
		if err := in.Decode(&r); err != nil {
			return err
		}
		requests <- r
	}
	return nil
}

// Writes a kubeconfig with the rights of this program.
func writeKubeconfig(file, server string) error {
	const text = `apiVersion: v1
kind: Config
clusters: [{name: conformance, cluster: {server: %q, insecure-skip-tls-verify: true}}]
users: [{name: conformance, user: {token: %q}}]
contexts: [{name: conformance, context: {cluster: conformance, user: conformance}}]
current-context: conformance
`
	return os.WriteFile(file, fmt.Appendf(nil, text, server, token), 0o600)
}
