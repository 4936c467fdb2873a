// Package deploy_test holds the recipes of this folder to each other and to the program. It runs nothing.
package deploy_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v4"

	"github.com/taskyard/taskyard/internal/cli"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// found returns what the pattern's only group matches, in order.
func found(pattern, text string) []string {
	var all []string
	for _, match := range regexp.MustCompile(`(?m)`+pattern).FindAllStringSubmatch(text, -1) {
		all = append(all, match[1])
	}
	return all
}

// drain is how long a node may take to stop.
func drain(t *testing.T) time.Duration {
	t.Helper()
	d, err := cli.ServeFlags().GetDuration("drain-timeout")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

type composeService struct {
	NetworkMode string            `yaml:"network_mode"`
	Environment map[string]string `yaml:"environment"`
	Ports       []string          `yaml:"ports"`
	StopGrace   string            `yaml:"stop_grace_period"`
	Image       string            `yaml:"image"`
	Healthcheck struct {
		Test []string `yaml:"test"`
	} `yaml:"healthcheck"`
}

func readCompose(t *testing.T) map[string]composeService {
	t.Helper()
	var file struct {
		Services map[string]composeService `yaml:"services"`
	}
	if err := yaml.Unmarshal([]byte(read(t, "compose.yaml")), &file); err != nil {
		t.Fatal(err)
	}
	return file.Services
}

func TestComposeNodesAreTheUpstreamsOfTheProxies(t *testing.T) {
	var addresses []string
	for name, s := range readCompose(t) {
		switch addr, isNode := s.Environment["TASKYARD_ADDR"]; {
		case isNode:
			addresses = append(addresses, addr)
			if s.NetworkMode != "service:proxy" || len(s.Ports) > 0 {
				t.Errorf("%s has the network %q and the ports %q; it listens on loopback, where only service:proxy reaches it", name, s.NetworkMode, s.Ports)
			}
			if grace, err := time.ParseDuration(s.StopGrace); err != nil || grace <= drain(t) {
				t.Errorf("%s is killed after %q, and may take %s to stop", name, s.StopGrace, drain(t))
			}
			if s.Environment["TASKYARD_SEAL_KEY"] == "" || !strings.Contains(s.Environment["TASKYARD_DATABASE"], "@database:5432/") {
				t.Errorf("%s lacks the seal key or the database that nodes share", name)
			}
		case name == "proxy":
			if !slices.Equal(s.Ports, []string{"127.0.0.1:8080:8080"}) {
				t.Errorf("the proxy publishes %q, not just a port of this machine", s.Ports)
			}
		case len(s.Ports) > 0:
			t.Errorf("%s publishes %q", name, s.Ports)
		}
	}
	slices.Sort(addresses)
	if len(addresses) != 3 {
		t.Fatalf("there are the nodes %q, not three", addresses)
	}
	if got := found(`^\s+server (127\S+)`, read(t, "nginx.conf")); !slices.Equal(got, addresses) {
		t.Errorf("nginx.conf has the upstreams %q, compose.yaml the nodes %q", got, addresses)
	}
	if got := strings.Fields(found(`reverse_proxy (.*) \{$`, read(t, "Caddyfile"))[0]); !slices.Equal(got, addresses) {
		t.Errorf("Caddyfile has the upstreams %q, compose.yaml the nodes %q", got, addresses)
	}
}

func TestComposeWaitsForADatabaseThatAnswers(t *testing.T) {
	database := readCompose(t)["database"]
	if database.Image != "postgres:17" || !slices.Contains(database.Healthcheck.Test, "pg_isready") {
		t.Errorf("%+v", database)
	}
}

// The proxies of compose.yaml and of kubernetes.yaml have what a stream and a form need.
func TestProxiesLetStreamsThrough(t *testing.T) {
	for name, conf := range map[string]string{"nginx.conf": read(t, "nginx.conf"), "kubernetes.yaml": readCluster(t).config} {
		for _, line := range []string{"listen 8080;", "proxy_buffering off;", "proxy_set_header Host $http_host;", "proxy_http_version 1.1;", "client_max_body_size 5m;"} {
			if !strings.Contains(conf, line) {
				t.Errorf("%s lacks %s", name, line)
			}
		}
		timeout := found(`proxy_read_timeout (\S+);`, conf)
		if d, err := time.ParseDuration(strings.Join(timeout, "")); err != nil || d < 30*time.Second {
			t.Errorf("%s cuts a stream that is silent for %q, and its comments come every 15s", name, timeout)
		}
		if strings.Contains(strings.Join(found(`proxy_next_upstream (.*);`, conf), ""), "non_idempotent") {
			t.Errorf("%s sends a POST twice, which can cost twice", name)
		}
	}
	for _, line := range []string{"flush_interval -1", "health_uri /readyz", "basicauth"} {
		if !strings.Contains(read(t, "Caddyfile"), line) {
			t.Errorf("Caddyfile lacks %s", line)
		}
	}
}

type probe struct {
	HTTPGet struct {
		Path        string              `yaml:"path"`
		Port        int                 `yaml:"port"`
		HTTPHeaders []map[string]string `yaml:"httpHeaders"`
	} `yaml:"httpGet"`
}

type container struct {
	Name      string              `yaml:"name"`
	Env       []map[string]any    `yaml:"env"`
	Startup   probe               `yaml:"startupProbe"`
	Liveness  probe               `yaml:"livenessProbe"`
	Readiness probe               `yaml:"readinessProbe"`
	Resources map[string]any      `yaml:"resources"`
	Lifecycle map[string]struct { // preStop
		Sleep struct {
			Seconds int `yaml:"seconds"`
		} `yaml:"sleep"`
	} `yaml:"lifecycle"`
	Security struct {
		ReadOnly     bool                `yaml:"readOnlyRootFilesystem"`
		Escalation   *bool               `yaml:"allowPrivilegeEscalation"`
		Capabilities map[string][]string `yaml:"capabilities"`
	} `yaml:"securityContext"`
}

type object struct {
	Kind string            `yaml:"kind"`
	Data map[string]string `yaml:"data"`
	Spec struct {
		Replicas     int `yaml:"replicas"`
		MinAvailable int `yaml:"minAvailable"`
		Strategy     struct {
			Rolling struct {
				MaxUnavailable int `yaml:"maxUnavailable"`
				MaxSurge       int `yaml:"maxSurge"`
			} `yaml:"rollingUpdate"`
		} `yaml:"strategy"`
		Template struct {
			Spec struct {
				ServiceLinks *bool       `yaml:"enableServiceLinks"`
				Grace        int         `yaml:"terminationGracePeriodSeconds"`
				Init         []container `yaml:"initContainers"`
				Containers   []container `yaml:"containers"`
				Security     struct {
					NonRoot bool `yaml:"runAsNonRoot"`
				} `yaml:"securityContext"`
				Spread []map[string]any `yaml:"topologySpreadConstraints"`
			} `yaml:"spec"`
		} `yaml:"template"`
	} `yaml:"spec"`
}

// cluster is kubernetes.yaml.
type cluster struct {
	config     string
	deployment object
	budget     object
}

func readCluster(t *testing.T) cluster {
	t.Helper()
	var c cluster
	kinds := make(map[string]int)
	decoder := yaml.NewDecoder(bytes.NewReader([]byte(read(t, "kubernetes.yaml"))))
	for {
		var o object
		err := decoder.Decode(&o)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		kinds[o.Kind]++
		switch o.Kind {
		case "ConfigMap":
			c.config = o.Data["nginx.conf"]
		case "Deployment":
			c.deployment = o
		case "PodDisruptionBudget":
			c.budget = o
		}
	}
	for _, kind := range []string{"ConfigMap", "Deployment", "PodDisruptionBudget", "Service", "NetworkPolicy"} {
		if kinds[kind] != 1 {
			t.Fatalf("kubernetes.yaml has %d of the kind %s", kinds[kind], kind)
		}
	}
	return c
}

func TestKubernetesPodsStopInTime(t *testing.T) {
	c := readCluster(t)
	pod := c.deployment.Spec.Template.Spec
	node := pod.Containers[0]
	sleep := node.Lifecycle["preStop"].Sleep.Seconds
	if grace := time.Duration(pod.Grace-sleep) * time.Second; sleep < 1 || grace <= drain(t) {
		t.Errorf("of the %d seconds of grace, %d are slept; a node may take %s to stop", pod.Grace, sleep, drain(t))
	}
	if c.budget.Spec.MinAvailable != 2 || c.deployment.Spec.Replicas != 3 || c.deployment.Spec.Strategy.Rolling.MaxUnavailable != 0 || len(pod.Spread) != 1 {
		t.Errorf("%+v %+v", c.budget.Spec, c.deployment.Spec)
	}
}

func TestKubernetesProbesAskWhatThereIs(t *testing.T) {
	node := readCluster(t).deployment.Spec.Template.Spec.Containers[0]
	routes := read(t, "../internal/httpapi/api.go")
	for want, p := range map[string]probe{"/healthz": node.Liveness, "/readyz": node.Readiness} {
		get := p.HTTPGet
		if get.Path != want || get.Port != 8080 || !strings.Contains(routes, `path: "`+get.Path+`"`) {
			t.Errorf("a probe asks %+v, not %s", get, want)
		}
		// The pod's own address is a name that the server does not answer to.
		if len(get.HTTPHeaders) != 1 || get.HTTPHeaders[0]["name"] != "Host" || get.HTTPHeaders[0]["value"] != "localhost" {
			t.Errorf("the probe of %s says it is for %v", want, get.HTTPHeaders)
		}
	}
	if node.Startup.HTTPGet.Path != "/healthz" {
		t.Errorf("the first probe asks %s", node.Startup.HTTPGet.Path)
	}
}

func TestKubernetesContainersCanDoLittle(t *testing.T) {
	pod := readCluster(t).deployment.Spec.Template.Spec
	if !pod.Security.NonRoot || pod.ServiceLinks == nil || *pod.ServiceLinks {
		t.Error("pods run as root, or get the variables of services")
	}
	for _, c := range slices.Concat(pod.Init, pod.Containers) {
		s := c.Security
		if !s.ReadOnly || s.Escalation == nil || *s.Escalation || !slices.Equal(s.Capabilities["drop"], []string{"ALL"}) || len(c.Resources) != 2 {
			t.Errorf("%s: %+v %v", c.Name, s, c.Resources)
		}
	}
}

// An update has one pod more; all of them have to find connections, of which PostgreSQL keeps 3 for its owner.
func TestPostgresHasConnectionsForAllNodes(t *testing.T) {
	const beatsAndNews, available = 5, 100 - 3
	spec := readCluster(t).deployment.Spec
	each, err := cli.ServeFlags().GetInt("database-connections")
	if err != nil {
		t.Fatal(err)
	}
	if all := 3 * (each + beatsAndNews); all > available {
		t.Errorf("compose.yaml takes %d connections", all)
	}
	flags := cli.ServeFlags()
	for _, env := range spec.Template.Spec.Containers[0].Env {
		if env["name"] == "TASKYARD_DATABASE_CONNECTIONS" {
			err = flags.Set("database-connections", env["value"].(string))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	each, err = flags.GetInt("database-connections")
	if all := (spec.Replicas + spec.Strategy.Rolling.MaxSurge) * (each + beatsAndNews); err != nil || all > available {
		t.Errorf("kubernetes.yaml takes %d connections (%v)", all, err)
	}
}

func TestSettingsThatTheFilesNameExist(t *testing.T) {
	known := map[string]bool{"TASKYARD_SEAL_KEY": true, "TASKYARD_OPERATOR_TOKEN": true} // secrets, which have no flags
	cli.ServeFlags().VisitAll(func(f *pflag.Flag) {
		known["TASKYARD_"+strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))] = true
	})
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	all := 0
	for _, entry := range entries {
		if entry.IsDir() || strings.HasSuffix(entry.Name(), ".go") || entry.Name() == ".env" {
			continue
		}
		text := read(t, entry.Name())
		for _, name := range found(`\b(TASKYARD_[A-Z_]+)`, text) {
			all++
			if !known[name] {
				t.Errorf("%s names %s, which is no setting", entry.Name(), name)
			}
		}
		for _, flag := range found(`--(drain-[a-z-]+)`, text) {
			if cli.ServeFlags().Lookup(flag) == nil {
				t.Errorf("%s names --%s, which is no flag", entry.Name(), flag)
			}
		}
	}
	if all < 10 {
		t.Errorf("found only %d settings", all)
	}
}

func TestEveryVariableOfComposeIsInTheExample(t *testing.T) {
	example := found(`^([A-Z_]+)=`, read(t, "env.example"))
	for _, name := range found(`\$\{([A-Z_]+)`, read(t, "compose.yaml")) {
		if !slices.Contains(example, name) {
			t.Errorf("env.example lacks %s", name)
		}
	}
}

func TestUnitStopsInTimeAndCanDoLittle(t *testing.T) {
	unit := read(t, "taskyard.service")
	stop := found(`^TimeoutStopSec=(\d+)$`, unit)
	if d, err := time.ParseDuration(strings.Join(stop, "") + "s"); err != nil || d <= drain(t) {
		t.Errorf("it is killed after %q seconds, and may take %s to stop", stop, drain(t))
	}
	for _, line := range []string{"KillSignal=SIGTERM", "Restart=always", "DynamicUser=yes", "StateDirectory=taskyard", "ProtectSystem=strict", "NoNewPrivileges=yes"} {
		if !strings.Contains(unit, "\n"+line+"\n") {
			t.Errorf("it lacks %s", line)
		}
	}
}

func TestImageIsTheBinaryAlone(t *testing.T) {
	file := read(t, "Dockerfile")
	stages := found(`^FROM (.*)$`, file)
	if len(stages) != 2 || !strings.HasSuffix(stages[1], "/distroless/static-debian12:nonroot") {
		t.Fatalf("it has the stages %q", stages)
	}
	// The Go of the image is that of releases: the one whose faults are mended.
	toolchain := found(`^toolchain go(\S+)$`, read(t, "../go.mod"))
	if len(toolchain) != 1 || !strings.Contains(stages[0], "golang:"+toolchain[0]+" ") {
		t.Errorf("it builds by %q, go.mod says %q", stages[0], toolchain)
	}
	for _, part := range []string{"CGO_ENABLED=0", "-trimpath", "\nUSER 65532:65532\n", "\nENTRYPOINT [\"/taskyard\"]\n", "\nEXPOSE 8080\n"} {
		if !strings.Contains(file, part) {
			t.Errorf("it lacks %q", part)
		}
	}
	for _, name := range found(`-X github.com/taskyard/taskyard/internal/cli\.(\w+)=`, file) {
		if !strings.Contains(read(t, "../internal/cli/version.go"), "\nvar "+name+" = ") {
			t.Errorf("it sets %s, which there is not", name)
		}
	}
}
