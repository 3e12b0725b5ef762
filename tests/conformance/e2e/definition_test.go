package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/install"
	v1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	crd "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/kustomize/kyaml/fn/framework"
	strict "sigs.k8s.io/yaml"
)

// TestDefinition reads the file that DEFINITION names as kustomize's own type, uses each schema in it as that of a
// custom resource, like an API server, and validates the documents in DOCUMENTS: a JSON list of [name, document].
func TestDefinition(t *testing.T) {
	validators := map[string]func(any) []string{}
	for _, document := range documents(t, os.Getenv("DEFINITION")) {
		var definition framework.KRMFunctionDefinition
		if err := strict.UnmarshalStrict(document, &definition); err != nil {
			t.Fatal(err)
		}
		if definition.Kind != framework.FunctionDefinitionKind || definition.APIVersion != framework.FunctionDefinitionGroupVersion {
			t.Fatalf("is a %s of %s", definition.Kind, definition.APIVersion)
		}
		if len(definition.Spec.Versions) != 1 {
			t.Fatalf("%s has %d versions", definition.Name, len(definition.Spec.Versions))
		}
		validators[definition.Spec.Names.Kind] = validator(t, document, definition.Spec)
	}
	text, err := os.ReadFile(os.Getenv("DOCUMENTS"))
	if err != nil {
		t.Fatal(err)
	}
	var pairs [][2]any
	if err := json.Unmarshal(text, &pairs); err != nil {
		t.Fatal(err)
	}
	for _, pair := range pairs {
		kind, _ := pair[1].(map[string]any)["kind"].(string)
		validate, known := validators[kind]
		if !known {
			t.Fatalf("%v: no definition of %q", pair[0], kind)
		}
		for _, fault := range validate(pair[1]) {
			t.Errorf("%v: %s", pair[0], fault)
		}
	}
	t.Logf("%d documents", len(pairs))
}

func documents(t *testing.T, file string) [][]byte {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	reader := yaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(text)))
	var all [][]byte
	for {
		document := make([]byte, len(text))
		length, err := reader.Read(document)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, document[:length])
	}
}

// validator returns a function that lists the faults of a document for an API server with this resource: errors, and
// fields that the server would drop because they are not in the schema.
func validator(t *testing.T, document []byte, spec framework.KrmFunctionDefinitionSpec) func(any) []string {
	// kustomize's type for schemas allows any key; the API server's does not.
	var raw struct {
		Spec struct {
			Versions []struct {
				Schema json.RawMessage `json:"schema"`
			} `json:"versions"`
		} `json:"spec"`
	}
	if err := strict.Unmarshal(document, &raw); err != nil {
		t.Fatal(err)
	}
	var given v1.CustomResourceValidation
	if err := strict.UnmarshalStrict(raw.Spec.Versions[0].Schema, &given); err != nil {
		t.Fatal(err)
	}
	kind := spec.Names.Kind
	plural := strings.ToLower(kind) + "s"
	resource := &v1.CustomResourceDefinition{
		ObjectMeta: meta.ObjectMeta{Name: plural + "." + spec.Group},
		Spec: v1.CustomResourceDefinitionSpec{
			Group:    spec.Group,
			Names:    v1.CustomResourceDefinitionNames{Kind: kind, Plural: plural, Singular: strings.ToLower(kind), ListKind: kind + "List"},
			Scope:    v1.NamespaceScoped,
			Versions: []v1.CustomResourceDefinitionVersion{{Name: spec.Versions[0].Name, Served: true, Storage: true, Schema: &given}},
		},
	}
	scheme := runtime.NewScheme()
	install.Install(scheme)
	scheme.Default(resource)
	var internal apiextensions.CustomResourceDefinition
	if err := scheme.Convert(resource, &internal, nil); err != nil {
		t.Fatal(err)
	}
	internal.Status.StoredVersions = []string{spec.Versions[0].Name}
	for _, fault := range crd.ValidateCustomResourceDefinition(t.Context(), &internal) {
		t.Fatalf("%s: %s", kind, fault)
	}
	props := internal.Spec.Validation
	if props == nil {
		props = internal.Spec.Versions[0].Schema
	}
	structural, err := schema.NewStructural(props.OpenAPIV3Schema)
	if err != nil {
		t.Fatal(err)
	}
	validator, _, err := validation.NewSchemaValidator(props.OpenAPIV3Schema)
	if err != nil {
		t.Fatal(err)
	}
	return func(document any) []string {
		var faults []string
		for _, fault := range validation.ValidateCustomResource(nil, document, validator) {
			faults = append(faults, fault.Error())
		}
		options := schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
		for _, path := range pruning.PruneWithOptions(document, structural, true, options) {
			faults = append(faults, path+": is not in the schema")
		}
		return faults
	}
}
