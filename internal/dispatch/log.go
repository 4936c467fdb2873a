package dispatch

import (
	"context"
	"log/slog"
)

// quiet passes on what River says, but its reports of normal work (migrations, job counts, leadership) for
// debugging only: an operator hears of trouble.
type quiet struct{ slog.Handler }

func quietLogger(logger *slog.Logger) *slog.Logger { return slog.New(quiet{logger.Handler()}) }

func lowered(l slog.Level) slog.Level {
	if l < slog.LevelWarn {
		return slog.LevelDebug
	}
	return l
}

func (q quiet) Enabled(ctx context.Context, l slog.Level) bool {
	return q.Handler.Enabled(ctx, lowered(l))
}

func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	r.Level = lowered(r.Level)
	return q.Handler.Handle(ctx, r)
}

func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(attrs)} }
func (q quiet) WithGroup(name string) slog.Handler       { return quiet{q.Handler.WithGroup(name)} }
