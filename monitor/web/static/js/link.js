// The one WebSocket to the monitor. It comes back by itself after a cut; the monitor then tells the whole state anew.

const FIRST_WAIT_MS = 500, LONGEST_WAIT_MS = 10000;

export class Link {
  /** told: {frame(ArrayBuffer), message(object), up(), down()} */
  constructor(told) {
    this.told = told;
    this.wait = FIRST_WAIT_MS;
    this.view = null;
    this.lastTold = performance.now();
    this.isUp = false;
    this.open();
  }

  open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.socket = new WebSocket(`${scheme}://${location.host}/ws`);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => {
      this.isUp = true;
      this.wait = FIRST_WAIT_MS;
      this.told.up();
      this.look(this.view);
    };
    this.socket.onmessage = (event) => {
      this.lastTold = performance.now();
      if (typeof event.data === "string") this.told.message(JSON.parse(event.data));
      else this.told.frame(event.data);
    };
    this.socket.onclose = () => {
      this.isUp = false;
      this.told.down();
      setTimeout(() => this.open(), this.wait);
      this.wait = Math.min(2 * this.wait, LONGEST_WAIT_MS);
    };
  }

  /** Say which part of the world this screen shows: [west, south, east, north]. */
  look(view) {
    this.view = view;
    if (view && this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ view }));
  }

  /** Seconds since the monitor said anything. */
  get silentS() {
    return (performance.now() - this.lastTold) / 1000;
  }
}
