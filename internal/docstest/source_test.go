package docstest

import (
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/chacha20poly1305"
)

const module = "github.com/taskyard/taskyard"

// folders are where the packages are whose names the documents use, by name.
var folders = map[string]string{
	"access":   "internal/access",
	"taskyard": ".", "parallel": "parallel", "sandbox": "parallel/sandbox", "provider": "parallel/sandbox/internal/provider", "app": "internal/app", "cli": "internal/cli",
	"dispatch": "internal/dispatch", "httpapi": "internal/httpapi", "limit": "internal/limit", "live": "internal/live", "runner": "internal/runner",
	"seal": "internal/seal", "signin": "internal/signin", "store": "internal/store", "webui": "internal/webui",
}

// source evaluates numbers of this module's source. Of other packages it knows only the constants that ours are made
// of, so types that come from them stay unknown: enough for constants, and a hundred times faster than to load all.
type source struct {
	fset     *token.FileSet
	others   map[string]*types.Package
	packages map[string]*sourcePackage // by folder
}

type sourcePackage struct {
	*types.Package
	files []*ast.File // tests aside
}

func newSource() *source {
	return &source{
		fset: token.NewFileSet(), packages: make(map[string]*sourcePackage),
		others: map[string]*types.Package{
			"time":                                 timePackage(),
			"math":                                 constantPackage("math", map[string]int64{"MaxInt16": math.MaxInt16, "MaxInt32": math.MaxInt32, "MaxInt64": math.MaxInt64}),
			"golang.org/x/crypto/chacha20poly1305": constantPackage("chacha20poly1305", map[string]int64{"KeySize": chacha20poly1305.KeySize, "NonceSizeX": chacha20poly1305.NonceSizeX, "Overhead": chacha20poly1305.Overhead}),
		},
	}
}

// timePackage is package time with nothing but its durations.
func timePackage() *types.Package {
	p := types.NewPackage("time", "time")
	duration := types.NewTypeName(token.NoPos, p, "Duration", nil)
	types.NewNamed(duration, types.Typ[types.Int64], nil)
	p.Scope().Insert(duration)
	for name, value := range map[string]time.Duration{
		"Nanosecond": time.Nanosecond, "Microsecond": time.Microsecond, "Millisecond": time.Millisecond,
		"Second": time.Second, "Minute": time.Minute, "Hour": time.Hour,
	} {
		p.Scope().Insert(types.NewConst(token.NoPos, p, name, duration.Type(), constant.MakeInt64(int64(value))))
	}
	p.MarkComplete()
	return p
}

func constantPackage(at string, values map[string]int64) *types.Package {
	p := types.NewPackage(at, path.Base(at))
	for name, value := range values {
		p.Scope().Insert(types.NewConst(token.NoPos, p, name, types.Typ[types.UntypedInt], constant.MakeInt64(value)))
	}
	p.MarkComplete()
	return p
}

// Import implements [types.Importer].
func (s *source) Import(at string) (*types.Package, error) {
	if known := s.others[at]; known != nil {
		return known, nil
	}
	if at != module && !strings.HasPrefix(at, module+"/") {
		return nil, errors.New("not looked into")
	}
	p, err := s.load(strings.TrimPrefix(strings.TrimPrefix(at, module), "/"))
	if err != nil {
		return nil, err
	}
	return p.Package, nil
}

// load parses and checks the package of a folder, as it is built without tags. What stays unknown is no fault.
func (s *source) load(folder string) (*sourcePackage, error) {
	folder = path.Clean(folder)
	if p := s.packages[folder]; p != nil {
		return p, nil
	}
	dir := filepath.Join(root, folder)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	p := &sourcePackage{}
	for _, entry := range entries {
		name := entry.Name()
		if ok, err := build.Default.MatchFile(dir, name); err != nil || !ok || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(s.fset, filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, file)
	}
	check := types.Config{Importer: s, Error: func(error) {}, IgnoreFuncBodies: true}
	p.Package, _ = check.Check(path.Join(module, folder), s.fset, p.files, nil) // see Error
	s.packages[folder] = p
	return p, nil
}

// number is the value of package.Constant, or of package.Owner.Field: a field that a function or a variable of the
// package sets, in a literal or by an assignment.
func (s *source) number(name string) (amount, error) {
	parts := strings.Split(name, ".")
	folder, known := folders[parts[0]]
	if !known || len(parts) < 2 || len(parts) > 3 {
		return amount{}, errors.New("a name is package.constant or package.function.field")
	}
	p, err := s.load(folder)
	if err != nil {
		return amount{}, err
	}
	if len(parts) == 3 {
		return s.field(p, parts[1], parts[2])
	}
	c, isConstant := p.Scope().Lookup(parts[1]).(*types.Const)
	if !isConstant {
		return amount{}, fmt.Errorf("package %s has no such constant", parts[0])
	}
	return amountOf(c.Type(), c.Val())
}

func (s *source) field(p *sourcePackage, owner, field string) (amount, error) {
	var found []amount
	for _, set := range s.fields(p) {
		if set.owner == owner && set.field == field {
			found = append(found, set.value)
		}
	}
	if len(found) != 1 {
		return amount{}, fmt.Errorf("%s sets %s to a constant %d times", owner, field, len(found))
	}
	return found[0], nil
}

// setting is a constant that is given to a field.
type setting struct {
	owner, field string
	value        amount
	isName       bool // it is a constant that has a name of its own
}

// fields are all constants that a package gives to fields.
func (s *source) fields(p *sourcePackage) []setting {
	var all []setting
	for _, file := range p.files {
		for _, declaration := range file.Decls {
			for owner, node := range owners(declaration) {
				all = append(all, s.settings(p, owner, node)...)
			}
		}
	}
	return all
}

func (s *source) settings(p *sourcePackage, owner string, node ast.Node) []setting {
	var all []setting
	for n := range ast.Preorder(node) {
		field, expr := fieldOf(n)
		info := &types.Info{Types: make(map[ast.Expr]types.TypeAndValue)}
		if expr == nil || types.CheckExpr(s.fset, p.Package, expr.Pos(), expr, info) != nil {
			continue // what cannot be checked is made of variables
		}
		value, err := amountOf(info.Types[expr].Type, info.Types[expr].Value)
		if err != nil {
			continue
		}
		_, isName := expr.(*ast.Ident)
		all = append(all, setting{owner, field, value, isName})
	}
	return all
}

// owners are the functions and the variables of a declaration.
func owners(declaration ast.Decl) map[string]ast.Node {
	all := make(map[string]ast.Node)
	switch d := declaration.(type) {
	case *ast.FuncDecl:
		all[d.Name.Name] = d
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			if v, ok := spec.(*ast.ValueSpec); ok && d.Tok == token.VAR {
				all[v.Names[0].Name] = v
			}
		}
	}
	return all
}

// fieldOf is the field that a node sets, and to what: Field: value in a literal, or x.Field = value.
func fieldOf(n ast.Node) (string, ast.Expr) {
	switch n := n.(type) {
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok {
			return key.Name, n.Value
		}
	case *ast.AssignStmt:
		if to, ok := n.Lhs[0].(*ast.SelectorExpr); ok && len(n.Lhs) == 1 && len(n.Rhs) == 1 && n.Tok == token.ASSIGN {
			return to.Sel.Name, n.Rhs[0]
		}
	}
	return "", nil
}

// amountOf is a constant as an amount. Constants of types that we made ourselves name things and are none.
func amountOf(of types.Type, value constant.Value) (amount, error) {
	named, isNamed := of.(*types.Named)
	isTime := isNamed && named.String() == "time.Duration"
	switch {
	case value == nil || value.Kind() == constant.Unknown:
		return amount{}, errUnknown
	case isNamed && !isTime || value.Kind() != constant.Int && value.Kind() != constant.Float:
		return amount{}, errNoNumber
	}
	return amount{value, isTime}, nil
}

var (
	errUnknown  = errors.New("it cannot be evaluated; newSource has to know the constants that it is made of")
	errNoNumber = errors.New("it is no number")
)

// numbers are all numbers of packages that have names: their constants, each time that a field is set to, and all that
// functions named Default… set.
func (s *source) numbers(in ...string) (map[string]amount, error) {
	all := make(map[string]amount)
	for _, folder := range in {
		p, err := s.load(folder)
		if err != nil {
			return nil, err
		}
		for _, name := range p.Scope().Names() {
			c, isConstant := p.Scope().Lookup(name).(*types.Const)
			if !isConstant || name == "_" {
				continue
			}
			switch value, err := amountOf(c.Type(), c.Val()); {
			case err == nil:
				all[p.Name()+"."+name] = value
			case errors.Is(err, errUnknown):
				return nil, fmt.Errorf("%s.%s: %w", p.Name(), name, err)
			}
		}
		for _, set := range s.fields(p) {
			if strings.HasPrefix(set.owner, "Default") || set.value.isTime && !set.isName {
				all[p.Name()+"."+set.owner+"."+set.field] = set.value
			}
		}
	}
	return all, nil
}

// A name that the documents use can be found, and each package that is held to them has one.
func TestPackagesAreFoundByTheirNames(t *testing.T) {
	code := newSource()
	for name, folder := range folders {
		if p, err := code.load(folder); err != nil || p.Name() != name || len(p.files) == 0 {
			t.Errorf("%s: package %v (%v)", folder, p, err)
		}
	}
	for _, folder := range limitedPackages {
		if !slices.Contains(slices.Collect(maps.Values(folders)), folder) {
			t.Errorf("%s has no name", folder)
		}
	}
}
