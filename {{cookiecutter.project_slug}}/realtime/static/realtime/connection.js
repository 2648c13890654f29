// A WebSocket that reconnects, for any page of the site. Its server side is a JsonConsumer.
//
//     const connection = new Connection("/ws/chat/", {
//       onFrame: (frame) => console.log(frame.message),
//       onEnd: (code) => console.log(code === 4401 ? "Log in first." : "Not allowed."),
//     });
//     connection.send({ message: "hi" });

/**
 * What a page does when something happens. Every handler may be left out.
 *
 * @template [Frame=any] the frames that the server sends
 * @typedef {object} Handlers
 * @property {() => void} [onLive] The connection is open, and the server has answered.
 * @property {(delay: number, code: number) => void} [onLost] The connection was lost or could not
 *   be opened. The next attempt begins in `delay` milliseconds, on a hidden page when it is shown.
 *   `code` is the close code, or 0 if the page abandoned the connection: the server did not answer
 *   in time, the browser went offline, or the user left the page.
 * @property {() => void} [onRetry] An attempt to reconnect begins.
 * @property {(code: number) => void} [onEnd] The server refused the page for good: 4401, the user
 *   has to log in; 4403, the user is not allowed. There are no more attempts.
 * @property {(frame: Frame) => void} [onFrame] A frame arrived. Heartbeats, and the answers to the
 *   connection's own pings, are left out.
 * @property {(milliseconds: number) => void} [onRoundTrip] The server has answered a ping.
 */

const ANSWER_DEADLINE = 10_000; // for a handshake and for a ping
const PING_INTERVAL = 20_000; // the server closes a client that has been silent for a minute
const MAX_DELAY = 30_000;

const FINAL_CODES = [4401, 4403];

/** The shortest and the longest delay before the first attempt to reconnect, in milliseconds. */
const FIRST_DELAY = [0, 1_000];
/** By close code. After a restart, 5 s spread a thousand clients to 200 a second. */
const FIRST_DELAYS = /** @type {Record<number, number[]>} */ ({
  1012: [0, 5_000], // restart
  1013: [5_000, 10_000], // full
  4012: [0, 5_000], // Daphne can't send the first two
  4013: [5_000, 10_000],
  4029: [5_000, 10_000], // too many messages
});

/**
 * A WebSocket that notices when it is dead, and reconnects.
 *
 * @template [Frame=any] the frames that the server sends
 */
export class Connection {
  #url;
  #handlers;
  /** @type {WebSocket | undefined} */
  #socket;
  /** False until the first frame: a server that refuses a page accepts it and closes at once. */
  #isLive = false;
  /** Removes the listeners of the current socket. */
  #listeners = new AbortController();
  /** Removes the listeners of the window. */
  #lifetime = new AbortController();
  /** The next step: time out, ping or reconnect. There is only ever one. */
  #timer = 0;
  #firstDelay = FIRST_DELAY;
  #attempts = 0;
  #frames = 0;
  /** @type {string | undefined} */
  #pingRef;
  #pingedAt = 0;

  /**
   * Open the connection. Handlers are called later, never from here.
   *
   * @param {string | URL} url a path such as "/ws/chat/", or a URL; http becomes ws, https wss
   * @param {Handlers<Frame>} [handlers]
   */
  constructor(url, handlers = {}) {
    this.#url = new URL(url, location.href);
    this.#url.protocol = this.#url.protocol.replace("http", "ws");
    this.#handlers = handlers;
    const { signal } = this.#lifetime;
    window.addEventListener("online", () => this.#resume(), { signal });
    window.addEventListener("offline", () => this.#lose(), { signal });
    document.addEventListener("visibilitychange", () => this.#resume(), { signal });
    // An open WebSocket would keep the page out of the cache for the browser's back button.
    window.addEventListener("pagehide", () => this.#lose(), { signal });
    this.#open();
  }

  /**
   * Send a frame. It gets a `ref`, which the server's answer to it carries too.
   *
   * @param {object} frame
   * @returns {string | undefined} the `ref`, or undefined if there is no live connection
   */
  send(frame) {
    return this.#isLive ? this.#write(frame) : undefined;
  }

  /** Close the connection for good, without calling a handler. */
  close() {
    this.#drop();
    this.#lifetime.abort();
    clearTimeout(this.#timer);
  }

  /** @param {object} frame */
  #write(frame) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return undefined;
    const ref = String(++this.#frames);
    this.#socket.send(JSON.stringify({ ...frame, ref }));
    return ref;
  }

  #open() {
    this.#next(ANSWER_DEADLINE, () => this.#lose());
    this.#listeners = new AbortController();
    const { signal } = this.#listeners;
    const socket = new WebSocket(this.#url);
    socket.addEventListener("open", () => this.#ping(), { signal });
    socket.addEventListener("message", ({ data }) => this.#receive(JSON.parse(data)), { signal });
    socket.addEventListener("close", ({ code }) => this.#lose(code), { signal });
    this.#socket = socket;
  }

  #ping() {
    this.#pingRef = this.#write({ type: "ping" });
    this.#pingedAt = performance.now();
    this.#next(ANSWER_DEADLINE, () => this.#lose());
  }

  /** @param {any} frame */
  #receive(frame) {
    const elapsed = performance.now() - this.#pingedAt;
    const isAnswer = this.#pingRef !== undefined && frame?.ref === this.#pingRef;
    const wasLive = this.#isLive;
    this.#isLive = true;
    this.#firstDelay = FIRST_DELAY;
    this.#attempts = 0;
    if (isAnswer) this.#pingRef = undefined;
    // Any frame proves that the connection lives, so a pong may arrive late, behind many others.
    // Browsers slow down the timers of a hidden tab, but not the frames that arrive.
    if (elapsed < PING_INTERVAL) this.#next(PING_INTERVAL - elapsed, () => this.#ping());
    else this.#ping();
    // The page's handlers come last, so that an error in one can't stop the connection.
    if (!wasLive) this.#handlers.onLive?.();
    if (isAnswer) this.#handlers.onRoundTrip?.(elapsed);
    const isOwn = frame?.type === "heartbeat" || (isAnswer && frame.type === "pong");
    if (!isOwn) this.#handlers.onFrame?.(frame);
  }

  /** Abandon the socket: on a dead network, its close event may come late. */
  #drop() {
    this.#listeners.abort();
    this.#socket?.close();
    this.#socket = undefined;
    this.#isLive = false;
    this.#pingRef = undefined;
  }

  /**
   * Drop the connection, and try again later unless the server has refused it for good.
   *
   * @param {number} [code]
   */
  #lose(code = 0) {
    if (FINAL_CODES.includes(code)) {
      this.close();
      this.#handlers.onEnd?.(code);
      return;
    }
    this.#drop();
    this.#firstDelay = FIRST_DELAYS[code] ?? this.#firstDelay;
    // Full jitter, so that the clients of a restarted server do not reconnect all at once:
    // https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    const [least, most] = this.#firstDelay;
    const range = Math.min(MAX_DELAY, most * 2 ** this.#attempts++) - least;
    const delay = least + Math.random() * range;
    // Also while offline, since a server on the same machine can still be reached.
    this.#next(delay, () => this.#reopen());
    this.#handlers.onLost?.(delay, code);
  }

  #reopen() {
    // #resume() reopens it when the tab is visible again.
    if (document.visibilityState === "hidden") return;
    this.#open();
    this.#handlers.onRetry?.();
  }

  #resume() {
    if (this.#socket === undefined) this.#reopen();
    else if (this.#isLive && this.#pingRef === undefined) this.#ping();
  }

  /** @param {number} delay @param {() => void} action */
  #next(delay, action) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, delay);
  }
}
