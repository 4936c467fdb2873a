// place says where a card of a size goes beside an anchor: below it, or above where there is more room, and always
// within the window. Rectangles and sizes are in CSS pixels.
export function place(anchor, card, window, gap = 6) {
  const below = window.height - anchor.bottom - gap;
  const above = anchor.top - gap;
  const under = below >= card.height || below >= above;
  const top = under ? anchor.bottom + gap : anchor.top - gap - card.height;
  return {
    left: clamp(anchor.left, gap, window.width - card.width - gap),
    top: clamp(top, gap, window.height - card.height - gap),
  };
}

const clamp = (n, least, most) => Math.max(least, Math.min(n, most));
