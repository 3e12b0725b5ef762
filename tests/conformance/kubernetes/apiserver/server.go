package apiserver

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/spf13/pflag"
	"go.etcd.io/etcd/server/v3/embed"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/client-go/util/keyutil"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

// Token names the one user, who has all rights.
const token = "conformance"

// How a server of a version is started.
type release struct {
	// The program; empty for the server in this process.
	program string
	// The version that it emulates (KEP-4330); empty for its own.
	emulated string
}

// Starts etcd and the API server on free ports; returns the server's address. It does the same as Kubernetes's own
// tests (cmd/kube-apiserver/app/testing), with flags instead of fields.
func serve(ctx context.Context, folder string, release release) (string, error) {
	etcd, err := serveEtcd(folder)
	if err != nil {
		return "", fmt.Errorf("etcd: %w", err)
	}
	tokens := filepath.Join(folder, "tokens.csv")
	if err := os.WriteFile(tokens, []byte(token+",conformance,conformance,system:masters\n"), 0o600); err != nil {
		return "", err
	}
	key, err := serviceAccountKey(folder)
	if err != nil {
		return "", err
	}

	flags := []string{
		"--etcd-servers=" + etcd,
		// The server creates its own certificate here.
		"--cert-dir=" + filepath.Join(folder, "certificates"),
		"--authorization-mode=AlwaysAllow",
		"--token-auth-file=" + tokens,
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + key,
		"--service-account-signing-key-file=" + key,
		"--service-cluster-ip-range=10.0.0.0/16",
		// The server needs no address that other machines can reach.
		"--advertise-address=192.0.2.1",
		"--endpoint-reconciler-type=none",
		// No controller creates the service accounts that pods require.
		"--disable-admission-plugins=ServiceAccount",
	}
	if release.emulated != "" {
		flags = append(flags, "--emulated-version="+release.emulated)
	}
	if release.program != "" {
		return start(ctx, release.program, flags)
	}
	return run(ctx, flags)
}

// Starts the program of another version.
func start(ctx context.Context, program string, flags []string) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	address := listener.Addr().(*net.TCPAddr)
	// The program opens the port itself.
	if err := listener.Close(); err != nil {
		return "", err
	}
	command := exec.CommandContext(ctx, program, append(flags, "--bind-address=127.0.0.1", fmt.Sprint("--secure-port=", address.Port))...)
	command.Stderr = os.Stderr
	// The program ends together with this one, also if this one is killed.
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return "", err
	}
	go func() {
		if err := command.Wait(); err != nil && ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, "apiserver:", program, err)
			os.Exit(1)
		}
	}()
	return address.String(), nil
}

// Runs the server of this program.
func run(ctx context.Context, arguments []string) (string, error) {
	server := options.NewServerRunOptions()
	flags := pflag.NewFlagSet("kube-apiserver", pflag.ContinueOnError)
	for _, set := range server.Flags().FlagSets {
		flags.AddFlagSet(set)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	// The open listener is passed on: a port number that was free a moment ago may be taken.
	server.SecureServing.Listener = listener
	server.SecureServing.BindPort = listener.Addr().(*net.TCPAddr).Port
	if err := flags.Parse(arguments); err != nil {
		return "", err
	}
	if err := server.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return "", err
	}
	completed, err := server.Complete(ctx)
	if err != nil {
		return "", err
	}
	if errs := completed.Validate(); len(errs) != 0 {
		return "", utilerrors.NewAggregate(errs)
	}
	go func() {
		if err := app.Run(ctx, completed); err != nil {
			fmt.Fprintln(os.Stderr, "apiserver: kube-apiserver:", err)
			os.Exit(1)
		}
	}()
	return listener.Addr().String(), nil
}

func serveEtcd(folder string) (string, error) {
	anywhere := []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	config := embed.NewConfig()
	config.Dir = filepath.Join(folder, "etcd")
	config.ListenClientUrls, config.AdvertiseClientUrls = anywhere, anywhere
	config.ListenPeerUrls, config.AdvertisePeerUrls = anywhere, anywhere
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	config.LogLevel = "error"
	config.UnsafeNoFsync = true
	server, err := embed.StartEtcd(config)
	if err != nil {
		return "", err
	}
	<-server.Server.ReadyNotify()
	return "http://" + server.Clients[0].Addr().String(), nil
}

func serviceAccountKey(folder string) (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	text, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return "", err
	}
	file := filepath.Join(folder, "service-account.key")
	return file, os.WriteFile(file, text, 0o600)
}
