// The live page: a WebSocket that keeps itself open, and the view of what arrives.
// Every word that a person reads stands in index.html, none in here.

/** @typedef {"connecting" | "live" | "reconnecting" | "offline"} State */

/**
 * A frame from the server; a type that is not listed is ignored.
 * @typedef {{type: "message", message: string, sender: string, sent_at: string, ref?: undefined}
 *   | {type: "error", code: string, detail: string, ref?: string | null}
 *   | {type: "pong" | "heartbeat", ref?: string | null}} Frame
 */

/**
 * @typedef {object} Handlers
 * @property {(state: State, delay?: number) => void} onState `delay`: ms until the next attempt
 * @property {(frame: Frame) => void} onFrame
 * @property {(milliseconds: number) => void} onRoundTrip
 */

const ANSWER_DEADLINE = 10_000; // for a handshake and for a pong
const PING_INTERVAL = 20_000; // below the minute after which the server closes a silent client
const BACKOFF_BASE = 1_000;
const BACKOFF_CAP = 30_000;
const MAX_MESSAGES = 200;

/** A WebSocket that notices when it is dead, and reconnects. */
class Connection {
  #url;
  #handlers;
  /** @type {WebSocket | undefined} */
  #socket;
  #listeners = new AbortController();
  /** What to do next: give up waiting, ping, or reconnect; never two of them at a time. */
  #timer = 0;
  #attempts = 0;
  #frames = 0;
  /** @type {string | undefined} */
  #pingRef;
  #pingedAt = 0;

  /**
   * @param {URL} url
   * @param {Handlers} handlers
   */
  constructor(url, handlers) {
    this.#url = url;
    this.#handlers = handlers;
    window.addEventListener("online", () => this.#resume());
    window.addEventListener("offline", () => this.#lose());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#resume();
    });
    this.#open();
  }

  get #isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /**
   * @param {object} frame
   * @returns {string | undefined} the frame's `ref`; nothing if there is no connection
   */
  send(frame) {
    if (!this.#isOpen) return undefined;
    const ref = String(++this.#frames);
    this.#socket?.send(JSON.stringify({ ...frame, ref }));
    return ref;
  }

  #open() {
    this.#next(ANSWER_DEADLINE, () => this.#lose());
    this.#listeners = new AbortController();
    const { signal } = this.#listeners;
    const socket = new WebSocket(this.#url);
    socket.addEventListener("open", () => this.#opened(), { signal });
    socket.addEventListener("message", ({ data }) => this.#receive(JSON.parse(data)), { signal });
    socket.addEventListener("close", () => this.#lose(), { signal });
    this.#socket = socket;
  }

  #opened() {
    this.#handlers.onState("live");
    this.#ping();
  }

  #ping() {
    this.#pingRef = this.send({ type: "ping" });
    this.#pingedAt = performance.now();
    this.#next(ANSWER_DEADLINE, () => this.#lose());
  }

  /** @param {Frame} frame */
  #receive(frame) {
    const elapsed = performance.now() - this.#pingedAt;
    if (this.#pingRef !== undefined && frame.ref === this.#pingRef) {
      this.#pingRef = undefined;
      this.#attempts = 0; // not on opening: a server may accept and close at once
      this.#handlers.onRoundTrip(elapsed);
      this.#next(PING_INTERVAL, () => this.#ping());
      return;
    }
    // Browsers slow the timers of a hidden tab down, but never the frames that arrive.
    if (this.#pingRef === undefined && elapsed > PING_INTERVAL) this.#ping();
    this.#handlers.onFrame(frame);
  }

  /** Drop the socket, whose close event a dead network may delay for long, and try again later. */
  #lose() {
    this.#listeners.abort();
    this.#socket?.close();
    this.#socket = undefined;
    this.#pingRef = undefined;
    // Full jitter, so that the clients of a restarted server do not return all at once:
    // https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    const delay = Math.random() * Math.min(BACKOFF_CAP, BACKOFF_BASE * 2 ** this.#attempts++);
    this.#next(delay, () => this.#open());
    // Offline, too, there is a next attempt: a server on this very machine answers it.
    if (navigator.onLine) this.#handlers.onState("reconnecting", delay);
    else this.#handlers.onState("offline");
  }

  #resume() {
    if (this.#socket === undefined) {
      this.#handlers.onState("reconnecting");
      this.#open();
    } else if (this.#isOpen && this.#pingRef === undefined) {
      this.#ping();
    }
  }

  /**
   * @param {number} delay
   * @param {() => void} action
   */
  #next(delay, action) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, delay);
  }
}

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new TypeError(`#${id} is not a ${type.name}`);
  return found;
}

const badge = element("status", HTMLElement);
const statusText = element("status-text", HTMLElement);
const countdown = element("countdown", HTMLElement);
const roundTrip = element("round-trip", HTMLElement);
const log = element("log", HTMLElement);
const messages = element("messages", HTMLOListElement);
const template = element("message-template", HTMLTemplateElement);
const field = element("message", HTMLInputElement);
const error = element("error", HTMLElement);

const timeFormat = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const dateFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const millisecondFormat = new Intl.NumberFormat(undefined, {
  style: "unit",
  unit: "millisecond",
  maximumSignificantDigits: 2,
});

/**
 * Texts on their way, by `ref`: the server has neither broadcast nor refused them.
 * @type {Map<string, string>}
 */
const unconfirmed = new Map();
let ticker = 0;

/** @type {Handlers["onState"]} */
function showState(state, delay = 0) {
  if (badge.dataset.state !== state) {
    badge.dataset.state = state;
    statusText.textContent = badge.dataset[state] ?? "";
  }
  showCountdown(Math.ceil(delay / 1000));
  if (state !== "live") {
    roundTrip.textContent = "–";
    if (unconfirmed.size > 0) {
      error.textContent = error.dataset.unconfirmed ?? "";
      giveBack([...unconfirmed.keys()]);
    }
  }
}

/** @param {number} seconds */
function showCountdown(seconds) {
  clearTimeout(ticker);
  countdown.textContent = "";
  if (seconds < 1) return;
  countdown.textContent = (countdown.dataset.text ?? "").replace("{seconds}", String(seconds));
  ticker = setTimeout(() => showCountdown(seconds - 1), 1000);
}

/** @type {Handlers["onFrame"]} */
function showFrame(frame) {
  if (frame.type === "message") {
    const confirmed = [...unconfirmed].find(([, text]) => text === frame.message);
    if (confirmed) unconfirmed.delete(confirmed[0]);
    showMessage(frame.sender, new Date(frame.sent_at), frame.message);
  } else if (frame.type === "error") {
    // The server answers without `ref` what it could not parse, a frame too large for example.
    giveBack(frame.ref ? [frame.ref] : [...unconfirmed.keys()]);
    error.textContent = frame.detail;
  }
}

/**
 * @param {string} sender
 * @param {Date} sentAt
 * @param {string} text
 */
function showMessage(sender, sentAt, text) {
  const item = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  /** @type {HTMLElement} */ (item.querySelector(".sender")).textContent = sender;
  /** @type {HTMLElement} */ (item.querySelector(".text")).textContent = text;
  const time = /** @type {HTMLTimeElement} */ (item.querySelector("time"));
  time.dateTime = sentAt.toISOString();
  time.title = dateFormat.format(sentAt);
  time.textContent = timeFormat.format(sentAt);

  // Not 0: with zoom scrollTop is fractional.
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 4;
  messages.append(item);
  if (messages.childElementCount > MAX_MESSAGES) messages.firstElementChild?.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
}

/**
 * Put texts that did not arrive back into the field, before what was typed since.
 * @param {string[]} refs
 */
function giveBack(refs) {
  const texts = refs.map((ref) => unconfirmed.get(ref));
  refs.forEach((ref) => unconfirmed.delete(ref));
  field.value = [...texts, field.value].filter(Boolean).join(" ");
}

/** @param {SubmitEvent} event */
function submit(event) {
  event.preventDefault();
  field.focus();
  const message = field.value.trim();
  if (message === "") return;
  const ref = connection.send({ type: "message", message });
  if (ref === undefined) {
    error.textContent = error.dataset.notConnected ?? "";
    return;
  }
  unconfirmed.set(ref, message);
  field.value = "";
  error.textContent = "";
}

const url = new URL(element("live", HTMLElement).dataset.websocketPath ?? "", location.href);
url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
const connection = new Connection(url, {
  onState: showState,
  onFrame: showFrame,
  onRoundTrip: (milliseconds) => {
    roundTrip.textContent = millisecondFormat.format(milliseconds);
  },
});
element("composer", HTMLFormElement).addEventListener("submit", submit);
