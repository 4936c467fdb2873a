package store

import (
	"context"
	"database/sql"
)

// statements are the ones of every submit, append and read, compiled once. Their texts stand beside the methods
// that run them.
type statements struct {
	// On the write connection, inside a transaction.
	insertTask, insertDocument, insertSecret, insertSearch, insertEvent *sql.Stmt
	advance, advanceAndSet, setResult, setSearch, eraseSecret, giveBack *sql.Stmt
	take                                                                *sql.Stmt
	// On the read pool.
	task, document, events *sql.Stmt
}

func (s *Store) prepare(ctx context.Context) error {
	for _, p := range []struct {
		stmt **sql.Stmt
		db   *sql.DB
		text string
	}{
		{&s.stmt.insertTask, s.write, insertTask},
		{&s.stmt.insertDocument, s.write, insertDocument},
		{&s.stmt.insertSecret, s.write, insertSecret},
		{&s.stmt.insertSearch, s.write, insertSearch},
		{&s.stmt.insertEvent, s.write, insertEvent},
		{&s.stmt.advance, s.write, advance},
		{&s.stmt.advanceAndSet, s.write, advanceAndSet},
		{&s.stmt.setResult, s.write, setResult},
		{&s.stmt.setSearch, s.write, setSearch},
		{&s.stmt.eraseSecret, s.write, eraseSecret},
		{&s.stmt.giveBack, s.write, giveBack},
		{&s.stmt.take, s.write, takeTask},
		{&s.stmt.task, s.read, selectTask},
		{&s.stmt.document, s.read, selectDocument},
		{&s.stmt.events, s.read, selectEvents},
	} {
		var err error
		// Closing the pool closes its statements.
		if *p.stmt, err = p.db.PrepareContext(ctx, p.text); err != nil {
			return fault("prepare a statement", err)
		}
	}
	return nil
}
