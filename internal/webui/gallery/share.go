package gallery

import (
	"context"
	"slices"
	"time"

	"github.com/taskyard/taskyard"
)

// AddShare implements [taskyard.Store].
func (s *Store) AddShare(_ context.Context, share taskyard.Share) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	share.Num = int64(len(s.shares) + 1)
	s.shares = append(s.shares, share)
	return nil
}

// Share implements [taskyard.Store].
func (s *Store) Share(_ context.Context, token string) (share taskyard.Share, err error) {
	err = s.share(token, func(found *taskyard.Share) { share = *found })
	return share, err
}

// RevokeShare implements [taskyard.Store].
func (s *Store) RevokeShare(_ context.Context, token string) error {
	return s.share(token, func(share *taskyard.Share) { share.RevokedAt = time.Now() })
}

// ShareOpened implements [taskyard.Store].
func (s *Store) ShareOpened(token string) {
	_ = s.share(token, func(share *taskyard.Share) { share.Opens, share.OpenedAt = share.Opens+1, time.Now() }) // one that is gone is not counted
}

func (s *Store) share(token string, do func(*taskyard.Share)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.shares, func(share taskyard.Share) bool { return share.Token == token })
	if i < 0 {
		return taskyard.ErrNotFound
	}
	do(&s.shares[i])
	return nil
}

// Shares implements [taskyard.Store].
func (s *Store) Shares(_ context.Context, q taskyard.ShareQuery) (taskyard.SharePage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var page taskyard.SharePage
	for _, share := range slices.Backward(s.shares) {
		if q.Task != "" && q.Task != share.Task.ID || !q.After.IsZero() && share.Num >= q.After.Num {
			continue
		}
		if len(page.Shares) == q.Limit {
			last := page.Shares[q.Limit-1]
			page.Next = taskyard.Cursor{CreatedAt: last.CreatedAt.UnixMilli(), Num: last.Num}
			break
		}
		page.Shares = append(page.Shares, share)
	}
	return page, nil
}
