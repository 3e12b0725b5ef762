package apiserver

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"sigs.k8s.io/yaml"
)

// The server's answer to an object. Dropped are the fields that the server accepts but does not keep.
type verdict struct {
	Object   string   `json:"object"`
	Accepted bool     `json:"accepted"`
	Warnings []string `json:"warnings"`
	Dropped  []string `json:"dropped"`
	Refusal  string   `json:"refusal"`
}

// The identity of an object.
type header struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	} `json:"metadata"`
}

type client struct {
	base      string
	http      *http.Client
	discovery discovery.DiscoveryInterface
	mapper    *restmapper.DeferredDiscoveryRESTMapper

	creating   sync.Mutex
	namespaces map[string]bool
	verdicts   verdicts
}

// The verdicts on documents since an object was last kept: many Flows have the same gateway.
type verdicts struct {
	sync.Mutex
	known map[string]verdict
}

func (v *verdicts) of(document []byte) (verdict, bool) {
	v.Lock()
	defer v.Unlock()
	known, ok := v.known[string(document)]
	return known, ok
}

func (v *verdicts) add(document []byte, said verdict) {
	v.Lock()
	defer v.Unlock()
	v.known[string(document)] = said
}

func (v *verdicts) forget() {
	v.Lock()
	defer v.Unlock()
	v.known = map[string]verdict{}
}

// Waits until the server is ready.
func connect(ctx context.Context, address string) (*client, error) {
	config := &rest.Config{
		Host:        "https://" + address,
		BearerToken: token,
		// This process has created the certificate.
		TLSClientConfig: rest.TLSClientConfig{Insecure: true},
		QPS:             -1,
	}
	http, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	discovery, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	c := &client{
		base:       config.Host,
		http:       http,
		discovery:  discovery,
		mapper:     restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(discovery)),
		namespaces: map[string]bool{},
		verdicts:   verdicts{known: map[string]verdict{}},
	}
	// The namespace `default` is created after everything else is ready.
	return c, errors.Join(c.await(ctx, "/readyz"), c.await(ctx, "/api/v1/namespaces/default"))
}

// Waits until a path can be read.
func (c *client) await(ctx context.Context, path string) error {
	var last string
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		code, _, body, err := c.call(ctx, http.MethodGet, path, nil)
		if err == nil && code == http.StatusOK {
			return nil
		}
		last = fmt.Sprint(code, " ", err, " ", string(body))
	}
	return fmt.Errorf("%s: %s", path, last)
}

func (c *client) call(ctx context.Context, method, path string, body []byte) (int, http.Header, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Content-Type", "application/apply-patch+yaml")
	response, err := c.http.Do(request)
	if err != nil {
		return 0, nil, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, response.Header, answer, err
}

// Adds the definition of a custom resource, and waits until it is served.
func (c *client) define(ctx context.Context, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	for _, v := range c.apply(ctx, text, true) {
		if !v.Accepted {
			return fmt.Errorf("%s: %s", v.Object, v.Refusal)
		}
	}
	var definition struct {
		Spec struct {
			Group string `json:"group"`
			Names struct {
				Plural string `json:"plural"`
			} `json:"names"`
			Versions []struct {
				Name   string `json:"name"`
				Served bool   `json:"served"`
			} `json:"versions"`
		} `json:"spec"`
	}
	if err := yaml.Unmarshal(text, &definition); err != nil {
		return err
	}
	spec := definition.Spec
	for _, version := range spec.Versions {
		if version.Served {
			if err := c.await(ctx, "/apis/"+spec.Group+"/"+version.Name+"/"+spec.Names.Plural); err != nil {
				return err
			}
		}
	}
	c.mapper.Reset()
	return nil
}

// Applies each document of a stream unchanged, and returns the server's verdicts.
func (c *client) apply(ctx context.Context, stream []byte, keep bool) []verdict {
	verdicts := []verdict{}
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(stream)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return verdicts
		}
		if err != nil {
			return append(verdicts, verdict{Refusal: err.Error()})
		}
		v, known := c.verdicts.of(document)
		if !known || keep {
			v, err = c.applyOne(ctx, document, keep)
			if err != nil {
				v.Accepted, v.Refusal = false, err.Error()
			}
			c.verdicts.add(document, v)
		}
		if keep {
			c.verdicts.forget()
		}
		verdicts = append(verdicts, v)
	}
}

func (c *client) applyOne(ctx context.Context, document []byte, keep bool) (verdict, error) {
	v := verdict{Warnings: []string{}}
	var h header
	if err := yaml.Unmarshal(document, &h); err != nil {
		return v, err
	}
	v.Object = h.Kind + "/" + h.Metadata.Name
	path, err := c.path(ctx, h)
	if err != nil {
		return v, err
	}
	query := url.Values{"fieldManager": {"conformance"}, "fieldValidation": {metav1.FieldValidationStrict}}
	if !keep {
		query.Set("dryRun", metav1.DryRunAll)
	}
	code, headers, body, err := c.judge(ctx, path+"?"+query.Encode(), document)
	if err != nil {
		return v, err
	}
	warnings, _ := utilnet.ParseWarningHeaders(headers.Values("Warning"))
	for _, warning := range warnings {
		v.Warnings = append(v.Warnings, warning.Text)
	}
	if v.Accepted = code == http.StatusOK || code == http.StatusCreated; !v.Accepted {
		var status metav1.Status
		if err := yaml.Unmarshal(body, &status); err != nil {
			return v, fmt.Errorf("%d: %s", code, body)
		}
		v.Refusal = status.Message
		return v, nil
	}
	var sent, kept any
	if err := errors.Join(yaml.Unmarshal(document, &sent), yaml.Unmarshal(body, &kept)); err != nil {
		return v, err
	}
	v.Dropped = dropped("", sent, kept)
	return v, nil
}

// Applies a document. A busy machine makes requests late: what the server says then is not about the document.
func (c *client) judge(ctx context.Context, path string, document []byte) (code int, headers http.Header, body []byte, err error) {
	for range 10 {
		code, headers, body, err = c.call(ctx, http.MethodPatch, path, document)
		isLate := code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable || code == http.StatusGatewayTimeout
		if err == nil && !isLate && !bytes.Contains(body, []byte("etcdserver: ")) {
			return code, headers, body, nil
		}
		time.Sleep(time.Second)
	}
	return code, headers, body, err
}

// The fields that are in one object but not in another. Empty values count as missing, as they do for the server.
func dropped(path string, sent, kept any) []string {
	var fields []string
	switch sent := sent.(type) {
	case map[string]any:
		kept, _ := kept.(map[string]any)
		for key, value := range sent {
			of, known := kept[key]
			if here := path + "." + key; known || isEmpty(value) {
				fields = append(fields, dropped(here, value, of)...)
			} else {
				fields = append(fields, here)
			}
		}
	case []any:
		kept, _ := kept.([]any)
		for index, value := range sent {
			here := fmt.Sprintf("%s[%d]", path, index)
			if index < len(kept) {
				fields = append(fields, dropped(here, value, kept[index])...)
			} else {
				fields = append(fields, here)
			}
		}
	}
	return fields
}

func isEmpty(value any) bool {
	switch value := value.(type) {
	case map[string]any:
		for _, of := range value {
			if !isEmpty(of) {
				return false
			}
		}
		return true
	case []any:
		return len(value) == 0
	case string:
		return value == ""
	}
	return value == nil
}

// The path of an object. Creates its namespace if it does not exist.
func (c *client) path(ctx context.Context, h header) (string, error) {
	kind := h.GroupVersionKind()
	mapping, err := c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return "", err
	}
	path := "/apis/" + kind.Group + "/" + kind.Version
	if kind.Group == "" {
		path = "/api/" + kind.Version
	}
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		namespace := h.Metadata.Namespace
		if namespace == "" {
			namespace = metav1.NamespaceDefault
		}
		if err := c.ensure(ctx, namespace); err != nil {
			return "", err
		}
		path += "/namespaces/" + url.PathEscape(namespace)
	}
	return path + "/" + mapping.Resource.Resource + "/" + url.PathEscape(h.Metadata.Name), nil
}

func (c *client) ensure(ctx context.Context, namespace string) error {
	c.creating.Lock()
	defer c.creating.Unlock()
	if c.namespaces[namespace] || namespace == metav1.NamespaceDefault {
		return nil
	}
	path := "/api/v1/namespaces/" + url.PathEscape(namespace)
	// A namespace that a caller has created with labels stays.
	if code, _, _, err := c.call(ctx, http.MethodGet, path, nil); err != nil || code != http.StatusOK {
		document := fmt.Appendf(nil, "{apiVersion: v1, kind: Namespace, metadata: {name: %q}}", namespace)
		code, _, body, err := c.call(ctx, http.MethodPatch, path+"?fieldManager=conformance", document)
		if err != nil {
			return err
		}
		if code != http.StatusCreated && code != http.StatusOK {
			return fmt.Errorf("namespace %s: %s", namespace, body)
		}
	}
	c.namespaces[namespace] = true
	return nil
}
