// throttle calls fn at most once in `wait` milliseconds: at once, and again at the end for what came meanwhile.
export function throttle(fn, wait, env = globalThis) {
  let timer = null;
  let again = false;
  const run = () => {
    fn();
    timer = env.setTimeout(() => {
      timer = null;
      if (again) {
        again = false;
        run();
      }
    }, wait);
  };
  const throttled = () => {
    if (timer === null) run();
    else again = true;
  };
  throttled.cancel = () => {
    if (timer !== null) env.clearTimeout(timer);
    timer = null;
    again = false;
  };
  return throttled;
}
