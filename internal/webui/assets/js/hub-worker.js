// The shared worker of all tabs of one version of the pages. A tab that was frozen or killed says nothing, so one
// that has been silent for long is left out; when it speaks again it says all that it wants.
import { Hub } from "./lib/hub.js";

const silence = 180_000; // milliseconds; tabs in the background may run a timer once a minute

const hub = new Hub(self);
const heard = new Map(); // by port: when

self.addEventListener("connect", ({ ports: [port] }) => {
  port.onmessage = ({ data }) => {
    heard.set(port, Date.now());
    if (data.want || (data.here && !hub.has(port))) hub.want(port, data.want ?? data.here, (message) => port.postMessage(message));
    else if (data.retry) hub.retryNow();
    else if (data.bye) drop(port);
  };
});

function drop(port) {
  heard.delete(port);
  hub.leave(port);
}

setInterval(() => {
  for (const [port, at] of heard) if (Date.now() - at > silence) drop(port);
}, 60_000);
