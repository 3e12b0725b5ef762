// kpt is the real `kpt fn` and `kpt live`, of the version in go.mod.
//
// kpt's own main package also has `kpt alpha rollouts`, which depends on a module without releases; these commands
// do not.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/kptdev/kpt/commands/fn"
	"github.com/kptdev/kpt/commands/live"
	"github.com/kptdev/kpt/pkg/lib/errors/resolver"
	"github.com/kptdev/kpt/pkg/printer"
	"github.com/spf13/cobra"
)

func main() {
	ctx := printer.WithContext(context.Background(), printer.New(os.Stdout, os.Stderr))
	root := &cobra.Command{Use: "kpt", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(fn.GetCommand(ctx, "kpt"), live.GetCommand(ctx, "kpt", ""))
	err := root.ExecuteContext(ctx)
	if err == nil {
		return
	}
	if resolved, ok := resolver.ResolveError(err); ok {
		if resolved.Message != "" {
			fmt.Fprintln(os.Stderr, resolved.Message)
		}
		os.Exit(resolved.ExitCode)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
