// Package e2e runs example packages like kpt and the function catalog: with kpt's own runner of the version in go.mod,
// which calls the `kpt` on the PATH.
package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/kptdev/kpt/pkg/test/runner"
)

// TestExamples runs the folders below the folder in EXAMPLES. The runner runs each of them twice; if
// KPT_E2E_UPDATE_EXPECTED is true, it records instead of comparing.
func TestExamples(t *testing.T) {
	cases, err := runner.ScanTestCases(os.Getenv("EXAMPLES"))
	if err != nil {
		t.Fatal(err)
	}
	if len(*cases) == 0 {
		t.Fatal("no folder has an .expected folder")
	}
	for _, example := range *cases {
		// The image cannot be pulled.
		example.Config.ImagePullPolicy = "never"
		t.Run(filepath.Base(example.Path), func(t *testing.T) {
			run, err := runner.NewRunner(t, example, example.Config.TestType)
			if err != nil {
				t.Fatal(err)
			}
			if err := run.Run(); err != nil {
				t.Fatal(err)
			}
		})
	}
}
