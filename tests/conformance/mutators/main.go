// mutators are KRM functions like those of the function catalog, made of kustomize's own filters of the version in
// go.mod. The catalog's functions are released only as images, and the tests of pipelines use no registry.
//
//	mutators set-namespace NAMESPACE
//	mutators set-labels KEY=VALUE
//	mutators ensure-name-substring PREFIX
//	mutators apply-setters KEY=VALUE
//
// Without a value, the value comes from the functionConfig's `data`.
package main

import (
	"fmt"
	"os"
	"strings"

	"sigs.k8s.io/kustomize/api/filters/labels"
	"sigs.k8s.io/kustomize/api/filters/namespace"
	"sigs.k8s.io/kustomize/api/filters/prefix"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/resid"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// labelled lists the places of a label: the object, its pods, and the selectors of the pods.
var labelled = types.FsSlice{
	{Path: "metadata/labels", CreateIfNotPresent: true},
	{Gvk: resid.Gvk{Kind: "Service"}, Path: "spec/selector"},
	{Gvk: resid.Gvk{Group: "apps"}, Path: "spec/selector/matchLabels"},
	{Gvk: resid.Gvk{Group: "apps"}, Path: "spec/template/metadata/labels"},
}

func main() {
	if len(os.Args) < 2 || len(os.Args) > 3 {
		fail(fmt.Errorf("mutators NAME [VALUE]"))
	}
	list := &kio.ByteReadWriter{Reader: os.Stdin, Writer: os.Stdout, KeepReaderAnnotations: true}
	items, err := list.Read()
	fail(err)
	value, settings := "", map[string]string{}
	if len(os.Args) == 3 {
		value = os.Args[2]
		key, of, _ := strings.Cut(value, "=")
		settings[key] = of
	} else if list.FunctionConfig != nil {
		settings = list.FunctionConfig.GetDataMap()
		value = settings["namespace"]
	}
	var filter kio.Filter
	switch os.Args[1] {
	case "set-namespace":
		filter = namespace.Filter{Namespace: value}
	case "set-labels":
		filter = labels.Filter{Labels: settings, FsSlice: labelled}
	case "ensure-name-substring":
		name := types.FieldSpec{Path: "metadata/name"}
		filter = kio.FilterFunc(func(items []*yaml.RNode) ([]*yaml.RNode, error) {
			for _, item := range items {
				if strings.Contains(item.GetName(), value) {
					continue
				}
				if _, err := (prefix.Filter{Prefix: value, FieldSpec: name}).Filter([]*yaml.RNode{item}); err != nil {
					return nil, err
				}
			}
			return items, nil
		})
	case "apply-setters":
		filter = kio.FilterFunc(func(items []*yaml.RNode) ([]*yaml.RNode, error) {
			for _, item := range items {
				set(item.YNode(), settings)
			}
			return items, nil
		})
	default:
		fail(fmt.Errorf("no mutator %q", os.Args[1]))
	}
	fail(run(list, items, filter))
}

// run skips objects that are not for the cluster, like the catalog's functions; setters change all objects.
func run(list *kio.ByteReadWriter, items []*yaml.RNode, filter kio.Filter) error {
	var chosen []*yaml.RNode
	for _, item := range items {
		local := item.GetAnnotations()["config.kubernetes.io/local-config"] == "true"
		if os.Args[1] == "apply-setters" || !local {
			chosen = append(chosen, item)
		}
	}
	if _, err := filter.Filter(chosen); err != nil {
		return err
	}
	return list.Write(items)
}

// set replaces a value by the pattern in its comment if all settings of the pattern are known.
func set(node *yaml.Node, settings map[string]string) {
	pattern, is := strings.CutPrefix(node.LineComment, "# kpt-set: ")
	if is && node.Kind == yaml.ScalarNode {
		for key, value := range settings {
			pattern = strings.ReplaceAll(pattern, "${"+key+"}", value)
		}
		if !strings.Contains(pattern, "${") {
			node.Value = pattern
		}
	}
	for _, inner := range node.Content {
		set(inner, settings)
	}
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
