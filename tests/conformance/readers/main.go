// readers reads YAML like kustomize and kubectl. Each line of standard input is a YAML stream as a JSON string. For
// each line it prints a line of JSON:
//
//	{"kustomize": …, "kubectl": …}
//
// kustomize and kpt read with go-yaml 3. Its documents are trees, written as flat lists of strings, so that their depth
// is not limited: "[" and "]" around the entries of a list, "{" and "}" around the keys and values of a mapping,
// "=TEXT" for a plain scalar and "'TEXT" for any other. Aliases are expanded and merge keys are applied. kubectl splits
// the stream at lines of `---` and reads each part with sigs.k8s.io/yaml. Its documents are the JSON that it sends to
// the server, as strings. A refused stream gives {"error": MESSAGE}.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	v3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

// A larger number of nodes is an attack.
const most = 2_000_000

type refusal struct {
	Error string `json:"error"`
}

type answer struct {
	Kustomize any `json:"kustomize"`
	Kubectl   any `json:"kubectl"`
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			var text string
			if err := json.Unmarshal(line, &text); err != nil {
				panic(err)
			}
			encoder := json.NewEncoder(out)
			encoder.SetEscapeHTML(false)
			if err := encoder.Encode(answer{guarded(text, kustomize), guarded(text, kubectl)}); err != nil {
				panic(err)
			}
			out.Flush()
		}
		if err != nil {
			return
		}
	}
}

// guarded turns a crash of the reader into a refusal.
func guarded(text string, read func(string) (any, error)) (result any) {
	defer func() {
		if r := recover(); r != nil {
			result = refusal{fmt.Sprint("panic: ", r)}
		}
	}()
	result, err := read(text)
	if err != nil {
		return refusal{err.Error()}
	}
	return result
}

func kustomize(text string) (any, error) {
	decoder := v3.NewDecoder(strings.NewReader(text))
	documents := []any{}
	left := most
	for {
		var node v3.Node
		err := decoder.Decode(&node)
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if err != nil {
			return nil, err
		}
		document, err := tree(&node, &left, map[*v3.Node]bool{})
		if err != nil {
			return nil, err
		}
		documents = append(documents, document)
	}
}

// pair is a key and its value; name is the key's text, if it has one.
type pair struct {
	name       string
	isScalar   bool
	key, value []string
}

// tree appends a node to its list. within are the anchors that are open.
func tree(node *v3.Node, left *int, within map[*v3.Node]bool) ([]string, error) {
	if *left--; *left < 0 {
		return nil, errors.New("too many nodes")
	}
	switch node.Kind {
	case 0:
		return []string{"="}, nil
	case v3.DocumentNode:
		return tree(node.Content[0], left, within)
	case v3.AliasNode:
		if within[node.Alias] {
			return nil, fmt.Errorf("anchor '%s' value contains itself", node.Value)
		}
		return tree(node.Alias, left, within)
	case v3.ScalarNode:
		if isString(node) {
			return []string{"'" + node.Value}, nil
		}
		return []string{"=" + node.Value}, nil
	}
	within[node] = true
	defer delete(within, node)
	if node.Kind == v3.SequenceNode {
		spelled := []string{"["}
		for _, entry := range node.Content {
			value, err := tree(entry, left, within)
			if err != nil {
				return nil, err
			}
			spelled = append(spelled, value...)
		}
		return append(spelled, "]"), nil
	}
	all, err := pairs(node, left, within)
	if err != nil {
		return nil, err
	}
	spelled := []string{"{"}
	for _, pair := range all {
		spelled = append(append(spelled, pair.key...), pair.value...)
	}
	return append(spelled, "}"), nil
}

// pairs returns the pairs of a mapping, after the pairs that `<<` merges. A duplicate key keeps its first position and
// has its last value.
func pairs(node *v3.Node, left *int, within map[*v3.Node]bool) ([]pair, error) {
	var own, merged []pair
	for i := 0; i < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if isMerge(key) {
			more, err := mergedPairs(value, left, within)
			if err != nil {
				return nil, err
			}
			merged = append(merged, more...)
			continue
		}
		spelledKey, err := tree(key, left, within)
		if err != nil {
			return nil, err
		}
		spelled, err := tree(value, left, within)
		if err != nil {
			return nil, err
		}
		for key.Kind == v3.AliasNode {
			key = key.Alias
		}
		own = append(own, pair{key.Value, key.Kind == v3.ScalarNode, spelledKey, spelled})
	}
	places := map[string]int{}
	kept := []pair{}
	for _, pair := range append(merged, own...) {
		if place, known := places[pair.name]; known && pair.isScalar {
			kept[place].value = pair.value
			continue
		}
		if pair.isScalar {
			places[pair.name] = len(kept)
		}
		kept = append(kept, pair)
	}
	return kept, nil
}

// isString reports whether a scalar is a string independent of its content.
func isString(node *v3.Node) bool {
	const quotes = v3.DoubleQuotedStyle | v3.SingleQuotedStyle | v3.LiteralStyle | v3.FoldedStyle
	if node.Style&v3.TaggedStyle != 0 {
		// In kubectl, every tag outside YAML's own tags makes a string.
		return node.ShortTag() == "!!str" || !strings.HasPrefix(node.ShortTag(), "!!")
	}
	return node.Style&quotes != 0
}

func isMerge(key *v3.Node) bool {
	return key.Kind == v3.ScalarNode && key.Value == "<<" && (key.Tag == "" || key.Tag == "!" || key.ShortTag() == "!!merge")
}

// mergedPairs returns the pairs that `<<` merges: the first of several mappings has priority.
func mergedPairs(value *v3.Node, left *int, within map[*v3.Node]bool) ([]pair, error) {
	for value.Kind == v3.AliasNode {
		value = value.Alias
	}
	if within[value] {
		return nil, errors.New("a mapping is merged into itself")
	}
	within[value] = true
	defer delete(within, value)
	switch value.Kind {
	case v3.MappingNode:
		return pairs(value, left, within)
	case v3.SequenceNode:
		var all []pair
		for i := len(value.Content) - 1; i >= 0; i-- {
			entry := value.Content[i]
			for entry.Kind == v3.AliasNode {
				entry = entry.Alias
			}
			if entry.Kind != v3.MappingNode {
				break
			}
			more, err := mergedPairs(entry, left, within)
			if err != nil {
				return nil, err
			}
			all = append(all, more...)
			if i == 0 {
				return all, nil
			}
		}
		if len(value.Content) == 0 {
			return nil, nil
		}
	}
	return nil, errors.New("map merge requires map or sequence of maps as the value")
}

// kubectl reads the parts between lines of `---`, split as in `k8s.io/apimachinery/pkg/util/yaml`.
func kubectl(text string) (any, error) {
	documents := []string{}
	var chunk bytes.Buffer
	flush := func() error {
		if len(bytes.TrimSpace(chunk.Bytes())) == 0 {
			chunk.Reset()
			return nil
		}
		document, err := yaml.YAMLToJSON(chunk.Bytes())
		documents = append(documents, string(document))
		chunk.Reset()
		return err
	}
	for _, line := range strings.SplitAfter(text, "\n") {
		if rest, isMark := strings.CutPrefix(line, "---"); isMark && strings.TrimSpace(rest) == "" {
			if err := flush(); err != nil {
				return nil, err
			}
			continue
		}
		chunk.WriteString(line)
	}
	return documents, flush()
}
