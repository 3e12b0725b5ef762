// Package e2e runs example packages as kpt and the function catalog run theirs: with kpt's own runner, of the version
// in go.mod, which calls the `kpt` on the PATH.
package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/kptdev/kpt/pkg/test/runner"
)

// TestExamples takes the folders below the one that EXAMPLES names. The runner runs each of them twice, and records
// instead of comparing where KPT_E2E_UPDATE_EXPECTED is true.
func TestExamples(t *testing.T) {
	cases, err := runner.ScanTestCases(os.Getenv("EXAMPLES"))
	if err != nil {
		t.Fatal(err)
	}
	if len(*cases) == 0 {
		t.Fatal("no folder has an .expected folder")
	}
	for _, example := range *cases {
		// Nobody can pull the image.
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
