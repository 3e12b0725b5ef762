// amounts prints how Kubernetes reads and writes quantities, and what pods request, as JSON: the recording tests/it/amounts.json.
//
//	.tools/bin/amounts > tests/it/amounts.json
//
// The same seed gives the same cases. The pods have the defaults that the API server sets when it creates a pod.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand"
	"runtime/debug"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	helper "k8s.io/component-helpers/resource"
	podutil "k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/core"
	corev1 "k8s.io/kubernetes/pkg/apis/core/v1"
)

const seed = 16

type quantity struct {
	Text string `json:"text"`
	// The canonical form; empty if the text is refused.
	Canonical string `json:"canonical"`
}

type sum struct {
	First  string `json:"first"`
	Second string `json:"second"`
	Sum    string `json:"sum"`
}

type pod struct {
	Spec     v1.PodSpec        `json:"spec"`
	Requests map[string]string `json:"requests"`
	Limits   map[string]string `json:"limits"`
}

type table struct {
	Version    string     `json:"version"`
	Quantities []quantity `json:"quantities"`
	Sums       []sum      `json:"sums"`
	Pods       []pod      `json:"pods"`
}

func canonical(q resource.Quantity) string {
	number, suffix := q.CanonicalizeBytes(make([]byte, 0, 64))
	return string(number) + string(suffix)
}

func text(random *rand.Rand) string {
	pick := func(words ...string) string { return words[random.Intn(len(words))] }
	digits := func(most int) string {
		written := ""
		for range random.Intn(most + 1) {
			written += pick("0", "0", "1", "2", "5", "9", "24")
		}
		return written
	}
	written := pick("", "", "", "", "-", "+") + digits(6)
	if random.Intn(3) == 0 {
		written += "." + digits(12)
	}
	return written + pick("", "", "n", "u", "m", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Mi", "Gi", "Gi", "Ti", "Pi", "Ei",
		"e3", "E2", "e-2", "e+1", "e0", "K", "mi", "e", "i", " ", "e3m")
}

func resources(random *rand.Rand, names []string, amounts map[string][]string) v1.ResourceList {
	list := v1.ResourceList{}
	for _, name := range names {
		if random.Intn(2) == 0 {
			choices := amounts[name]
			list[v1.ResourceName(name)] = resource.MustParse(choices[random.Intn(len(choices))])
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list
}

// withinLimits removes requests above their limits, which the API server refuses.
func withinLimits(resources *v1.ResourceRequirements) {
	for name, limit := range resources.Limits {
		if request, ok := resources.Requests[name]; ok && request.Cmp(limit) > 0 {
			delete(resources.Requests, name)
		}
	}
}

func container(random *rand.Rand, name string) v1.Container {
	amounts := map[string][]string{
		"cpu":            {"0", "1m", "100m", "0.5", "1", "2500m", "3"},
		"memory":         {"0", "128Mi", "1Gi", "1G", "1536Mi", "1e9", "123456789"},
		"hugepages-2Mi":  {"4Mi", "64Mi"},
		"nvidia.com/gpu": {"1", "2"},
	}
	names := []string{"cpu", "memory", "hugepages-2Mi", "nvidia.com/gpu"}
	c := v1.Container{Name: name}
	c.Resources.Requests = resources(random, names[:2], amounts)
	c.Resources.Limits = resources(random, names, amounts)
	withinLimits(&c.Resources)
	return c
}

func randomPod(random *rand.Rand) pod {
	spec := v1.PodSpec{}
	always := v1.ContainerRestartPolicyAlways
	for i := range 1 + random.Intn(3) {
		spec.Containers = append(spec.Containers, container(random, fmt.Sprintf("c%d", i)))
	}
	for i := range random.Intn(4) {
		c := container(random, fmt.Sprintf("i%d", i))
		if random.Intn(2) == 0 {
			c.RestartPolicy = &always
		}
		spec.InitContainers = append(spec.InitContainers, c)
	}
	whole := map[string][]string{"cpu": {"1", "4", "7500m"}, "memory": {"2Gi", "5G"}, "hugepages-2Mi": {"128Mi"}}
	if random.Intn(3) == 0 {
		names := []string{"cpu", "memory", "hugepages-2Mi"}
		spec.Resources = &v1.ResourceRequirements{Requests: resources(random, names, whole), Limits: resources(random, names, whole)}
		withinLimits(spec.Resources)
	}
	if random.Intn(4) == 0 {
		spec.Overhead = v1.ResourceList{v1.ResourceCPU: resource.MustParse("250m"), v1.ResourceMemory: resource.MustParse("120Mi")}
	}
	created := &v1.Pod{Spec: *spec.DeepCopy()}
	corev1.SetObjectDefaults_Pod(created)
	internal := &core.Pod{}
	if err := corev1.Convert_v1_Pod_To_core_Pod(created, internal, nil); err != nil {
		panic(err)
	}
	podutil.DefaultPodLevelResources(internal)
	if err := corev1.Convert_core_Pod_To_v1_Pod(internal, created, nil); err != nil {
		panic(err)
	}
	written := func(list v1.ResourceList) map[string]string {
		amounts := map[string]string{}
		for name, amount := range list {
			amounts[string(name)] = canonical(amount)
		}
		return amounts
	}
	options := helper.PodResourcesOptions{}
	return pod{spec, written(helper.PodRequests(created, options)), written(helper.PodLimits(created, options))}
}

func main() {
	random := rand.New(rand.NewSource(seed))
	all := table{Version: "unknown"}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == "k8s.io/kubernetes" {
				all.Version = module.Version
			}
		}
	}
	inputs := []string{"", "0", "-0", "1", "1.5", "1.5Gi", "0.5Ki", "0.1Ki", "1023Ki", "1024Ki", "9223372036854775807", "8Ei", "7Ei", "-8Ei",
		"9999999999999999999Ki", "0.0000000001", "0.1n", "1.0000000000000001", "100E", "3e3", "1e18", "12e-9", ".", "m", "Gi", "1.", "+", "-",
		"0x10", "1_000", "١", "NaN", "Inf", "Pi", "+Ei", ".Ei", ".Ti", ".5Pi", "0Ei",
		"e3", "e-9", "e-10", ".e-12"}
	for range 400 {
		inputs = append(inputs, text(random))
	}
	type summand struct {
		text   string
		parsed resource.Quantity
	}
	var read []summand
	for _, text := range inputs {
		parsed, err := resource.ParseQuantity(text)
		if err != nil {
			all.Quantities = append(all.Quantities, quantity{text, ""})
			continue
		}
		all.Quantities = append(all.Quantities, quantity{text, canonical(parsed)})
		if parsed.CmpInt64(math.MaxInt64) <= 0 && parsed.CmpInt64(math.MinInt64) >= 0 {
			read = append(read, summand{text, parsed})
		}
	}
	for range 200 {
		one, other := read[random.Intn(len(read))], read[random.Intn(len(read))]
		total := one.parsed.DeepCopy()
		total.Add(other.parsed)
		all.Sums = append(all.Sums, sum{one.text, other.text, canonical(total)})
	}
	for range 150 {
		all.Pods = append(all.Pods, randomPod(random))
	}
	if err := write(all); err != nil {
		panic(err)
	}
}

// write prints each case as one line, so that changes are readable.
func write(all table) error {
	lines := func(name string, count int, line func(int) any) error {
		fmt.Printf(",\n%q: [\n", name)
		for i := range count {
			written, err := json.Marshal(line(i))
			if err != nil {
				return err
			}
			end := ","
			if i == count-1 {
				end = ""
			}
			fmt.Printf("%s%s\n", written, end)
		}
		fmt.Print("]")
		return nil
	}
	fmt.Printf("{\n\"version\": %q", all.Version)
	quantities := func(i int) any { return all.Quantities[i] }
	sums := func(i int) any { return all.Sums[i] }
	pods := func(i int) any { return all.Pods[i] }
	if err := errors.Join(
		lines("quantities", len(all.Quantities), quantities),
		lines("sums", len(all.Sums), sums),
		lines("pods", len(all.Pods), pods),
	); err != nil {
		return err
	}
	fmt.Print("\n}\n")
	return nil
}
