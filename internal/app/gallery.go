package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/limit"
	"github.com/taskyard/taskyard/internal/webui"
	"github.com/taskyard/taskyard/internal/webui/gallery"
)

// galleryServer shows every part of the pages in every state, over tasks that are made up, at an address of its own.
type galleryServer struct {
	listener net.Listener
	server   *http.Server
	done     chan error // capacity 1: Serve's error, for close
}

func startGallery(ctx context.Context, cfg Config, service taskyard.Service) (*galleryServer, error) {
	store := gallery.NewStore(gallery.All(time.Now())...)
	pages, err := webui.New(webui.Config{
		Store: store, Service: &gallery.Service{Store: store, Names: service.Upstreams()}, Logger: cfg.Logger, Version: "gallery", Dev: true,
	})
	if err != nil {
		return nil, fmt.Errorf("gallery: %w", err)
	}
	mux := http.NewServeMux()
	gallery.Register(mux, store)
	pages.Register(mux)
	listener, err := Listen(ctx, "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	g := &galleryServer{listener: listener, server: newServer(limit.Patient(harden(guardHost(nil, mux))), cfg.Logger), done: make(chan error, 1)}
	go func() { g.done <- g.server.Serve(listener) }() // close waits for it
	return g, nil
}

func (g *galleryServer) close() error {
	err := g.server.Close()
	if served := <-g.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
