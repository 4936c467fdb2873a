package docstest

import (
	"fmt"
	"go/constant"
	"go/token"
	"strconv"
	"strings"
	"testing"
	"time"
)

// amount is a number: nanoseconds if it is a time, else bytes or a count.
type amount struct {
	n      constant.Value
	isTime bool
}

func (a amount) equals(b amount) bool {
	return a.isTime == b.isTime && constant.Compare(constant.ToFloat(a.n), token.EQL, constant.ToFloat(b.n))
}

// units are those of the table, from large to small for writing.
var units = []struct {
	name   string
	size   int64
	isTime bool
}{
	{"h", int64(time.Hour), true},
	{"min", int64(time.Minute), true},
	{"s", int64(time.Second), true},
	{"ms", int64(time.Millisecond), true},
	{"MiB", 1 << 20, false},
	{"KiB", 1 << 10, false},
	{"bytes", 1, false},
}

// String writes a time as the table has it. Any other number may be a count or a size, so both are written where it
// could be one.
func (a amount) String() string {
	n, isWhole := constant.Int64Val(constant.ToInt(a.n))
	if !isWhole {
		return a.n.String()
	}
	for _, u := range units {
		switch {
		case u.isTime != a.isTime || n%u.size != 0 || n == 0:
		case a.isTime:
			return fmt.Sprintf("%d %s", n/u.size, u.name)
		case u.size > 1:
			return fmt.Sprintf("%d (%d %s)", n, n/u.size, u.name)
		}
	}
	if a.isTime {
		return time.Duration(n).String()
	}
	return strconv.FormatInt(n, 10)
}

// parseAmount reads 2 min, 64 MiB, 10,000 or 0.001.
func parseAmount(text string) (amount, error) {
	digits, unit, hasUnit := strings.Cut(text, " ")
	n := constant.MakeFromLiteral(strings.ReplaceAll(digits, ",", ""), token.FLOAT, 0)
	if n.Kind() == constant.Unknown || digits == "" || strings.Trim(digits, "0123456789,.") != "" {
		return amount{}, fmt.Errorf("%q does not begin with a number", text)
	}
	if !hasUnit {
		return amount{n: n}, nil
	}
	for _, u := range units {
		if u.name == unit {
			return amount{constant.BinaryOp(n, token.MUL, constant.MakeInt64(u.size)), u.isTime}, nil
		}
	}
	return amount{}, fmt.Errorf("%q: a unit is h, min, s, ms, MiB, KiB or bytes", text)
}

// goAmount reads a number as flags have it: 10s or 1048576.
func goAmount(text string) (amount, error) {
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return amount{n: constant.MakeFloat64(n)}, nil
	}
	d, err := time.ParseDuration(text)
	return amount{constant.MakeInt64(int64(d)), true}, err
}

func TestAmountsAreReadAndWritten(t *testing.T) {
	for text, want := range map[string]string{
		"2 min": "2 min", "120 s": "2 min", "570 s": "570 s", "48 h": "48 h", "1500 ms": "1500 ms", "0.5 s": "500 ms",
		"0.25 ms": "250µs", "64 MiB": "67108864 (64 MiB)", "1 KiB": "1024 (1 KiB)", "32 bytes": "32", "10,000": "10000", "5": "5", "0.001": "0.001",
	} {
		if got, err := parseAmount(text); err != nil || got.String() != want {
			t.Errorf("%q is %s, want %s (%v)", text, got, want, err)
		}
	}
	for _, text := range []string{"", "min", "2min", "2 weeks", "two", "2 min or so", "1e3", "-1"} {
		if got, err := parseAmount(text); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
	if five, err := parseAmount("5"); err != nil || five.equals(amount{constant.MakeInt64(5), true}) {
		t.Errorf("a count is a time (%v)", err)
	}
}
