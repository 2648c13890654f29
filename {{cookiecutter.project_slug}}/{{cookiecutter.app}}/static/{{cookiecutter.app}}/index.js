// The live page: a WebSocket that keeps itself open, and the view of what arrives.
// Every word that a person reads stands in index.html, none in here.

/**
 * A frame from the server; a type that is not listed is ignored.
 * @typedef {{type: "message", message: string, sender: string, sent_at: string, ref?: undefined}
 *   | {type: "presence", online: number, ref?: undefined}
 *   | {type: "error", code: string, detail: string, ref?: string | null}
 *   | {type: "pong" | "heartbeat", ref?: string | null}} Frame
 */

/**
 * @typedef {object} Handlers
 * @property {() => void} onLive
 * @property {(delay: number, code: number) => void} onLost ms until the next attempt, which calls
 *   again with 0; the close code or 0
 * @property {(frame: Frame) => void} onFrame
 * @property {(milliseconds: number) => void} onRoundTrip
 */

const ANSWER_DEADLINE = 10_000; // for a handshake and for a ping
const PING_INTERVAL = 20_000; // below the minute after which the server closes a silent client
const MAX_DELAY = 30_000;

/** Between which times, in ms, the first attempt to reconnect comes. */
const FIRST_DELAY = [0, 1_000];
/** By close code. A restart closes all: in 5 s a thousand return at 200 to 300 a second. */
const FIRST_DELAYS = /** @type {Record<number, number[]>} */ ({
  1012: [0, 5_000], // restart
  1013: [5_000, 10_000], // full
  4012: [0, 5_000], // Daphne can't send the first two
  4013: [5_000, 10_000],
  4029: [5_000, 10_000], // too many messages
});

/** A WebSocket that notices when it is dead, and reconnects. */
class Connection {
  #url;
  #handlers;
  /** @type {WebSocket | undefined} */
  #socket;
  /** On opening it is not live yet: a server that is full accepts and closes at once. */
  #isLive = false;
  #listeners = new AbortController();
  /** What to do next: give up waiting, ping, or reconnect; never two of them at a time. */
  #timer = 0;
  #firstDelay = FIRST_DELAY;
  #attempts = 0;
  #frames = 0;
  /** @type {string | undefined} */
  #pingRef;
  #pingedAt = 0;

  /** @param {URL} url @param {Handlers} handlers */
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

  /**
   * @param {object} frame
   * @returns {string | undefined} the frame's `ref`; nothing if there is no connection
   */
  send(frame) {
    return this.#isLive ? this.#write(frame) : undefined;
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

  /** @param {Frame} frame */
  #receive(frame) {
    if (!this.#isLive) {
      this.#isLive = true;
      this.#firstDelay = FIRST_DELAY;
      this.#attempts = 0;
      this.#handlers.onLive();
    }
    const elapsed = performance.now() - this.#pingedAt;
    if (frame.ref && frame.ref === this.#pingRef) {
      this.#pingRef = undefined;
      this.#handlers.onRoundTrip(elapsed);
    }
    // Any frame shows that the connection lives, so that a pong behind many may take its time.
    // Browsers slow the timers of a hidden tab down, but never the frames that arrive.
    if (elapsed < PING_INTERVAL) this.#next(PING_INTERVAL - elapsed, () => this.#ping());
    else this.#ping();
    this.#handlers.onFrame(frame);
  }

  /**
   * Drop the socket, whose close event a dead network may delay for long, and try again later.
   * @param {number} [code]
   */
  #lose(code = 0) {
    this.#listeners.abort();
    this.#socket?.close();
    this.#socket = undefined;
    this.#isLive = false;
    this.#pingRef = undefined;
    this.#firstDelay = FIRST_DELAYS[code] ?? this.#firstDelay;
    // Full jitter, so that the clients of a restarted server do not return all at once:
    // https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    const [least, most] = this.#firstDelay;
    const range = Math.min(MAX_DELAY, most * 2 ** this.#attempts++) - least;
    const delay = least + Math.random() * range;
    // Offline, too, there is a next attempt: a server on this very machine answers it.
    this.#next(delay, () => this.#reopen());
    this.#handlers.onLost(delay, code);
  }

  #reopen() {
    // Nobody looks: #resume() comes back here when somebody does.
    if (document.visibilityState === "hidden") return;
    this.#handlers.onLost(0, 0);
    this.#open();
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

/** @template {HTMLElement} T @param {string} id @param {new () => T} type @returns {T} */
function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new TypeError(`#${id} is not a ${type.name}`);
  return found;
}

const badge = element("status", HTMLElement);
const statusText = element("status-text", HTMLElement);
const countdown = element("countdown", HTMLElement);
const presence = element("presence", HTMLElement);
const roundTrip = element("round-trip", HTMLElement);
const log = element("log", HTMLElement);
const messages = element("messages", HTMLOListElement);
const template = element("message-template", HTMLTemplateElement);
const field = element("message", HTMLInputElement);
const waiting = element("waiting", HTMLElement);
const reason = element("reason", HTMLElement);
const error = element("error", HTMLElement);

const timeFormat = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const dateFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const millisecondFormat = new Intl.NumberFormat(undefined, {
  style: "unit",
  unit: "millisecond",
  maximumSignificantDigits: 2,
});
const pluralRules = new Intl.PluralRules(document.documentElement.lang || undefined);

const MAX_MESSAGES = 200;
const MAX_WAITING = 100;
const SEND_INTERVAL = 50; // with a ping each, well below the 60 frames a second that are allowed
const RATE_PAUSE = 2_000; // the server looks back for a second

/** Texts to be sent, the oldest first. @type {string[]} */
const queue = [];
/**
 * The text on its way, if any, with the `ref`s of its frame and of the ping behind it. The server
 * serves a client's frames in turn: when it answers the ping, it has dealt with the text.
 * @type {{text: string, ref: string, pingRef: string | undefined} | undefined}
 */
let sent;
let pause = 0;
let ticker = 0;

/** @param {"live" | "reconnecting" | "offline"} state @param {number} seconds left in it */
function showState(state, seconds) {
  clearTimeout(ticker);
  showNumber(countdown, seconds);
  if (seconds > 0) ticker = setTimeout(() => showState(state, seconds - 1), 1000);
  if (badge.dataset.state === state) return; // said again it would be read aloud again
  badge.dataset.state = state;
  statusText.textContent = badge.dataset[state] ?? "";
}

function showLive() {
  showState("live", 0);
  reason.textContent = "";
  connection.send({ type: "presence" });
  sendNext();
}

/** @type {Handlers["onLost"]} */
function showLost(delay, code) {
  showState(navigator.onLine ? "reconnecting" : "offline", Math.ceil(delay / 1000));
  showNumber(presence, 0);
  if (code) reason.textContent = reason.dataset[`code-${code}`] ?? "";
  if (!sent) return;
  // It may have arrived: whether to send it again is for a person to say.
  error.textContent = error.dataset.unconfirmed ?? "";
  giveBack(sent.text);
}

/**
 * @param {HTMLElement} place its data holds the sentence for each plural category
 * @param {number} number 0 empties the place
 */
function showNumber(place, number) {
  const sentence = place.dataset[pluralRules.select(number)] ?? place.dataset.other ?? "";
  place.textContent = number > 0 ? sentence.replace("{number}", String(number)) : "";
}

/** @type {Handlers["onFrame"]} */
function showFrame(frame) {
  if (frame.type === "message") {
    showMessage(frame);
  } else if (frame.type === "presence") {
    showNumber(presence, frame.online);
  } else if (sent && frame.ref === sent.pingRef) {
    settle();
  } else if (frame.type === "error") {
    error.textContent = frame.detail;
    // The server answers without `ref` what it could not parse, a frame too large for example.
    if (!sent || (frame.ref ?? sent.ref) !== sent.ref) return;
    if (frame.code === "rate_limited") {
      queue.unshift(sent.text);
      settle(RATE_PAUSE);
    } else {
      giveBack(sent.text);
    }
  }
}

/** @param {Extract<Frame, {type: "message"}>} frame */
function showMessage(frame) {
  const item = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  /** @type {HTMLElement} */ (item.querySelector(".sender")).textContent = frame.sender;
  /** @type {HTMLElement} */ (item.querySelector(".text")).textContent = frame.message;
  const time = /** @type {HTMLTimeElement} */ (item.querySelector("time"));
  const sentAt = new Date(frame.sent_at);
  time.dateTime = sentAt.toISOString();
  time.title = dateFormat.format(sentAt);
  time.textContent = timeFormat.format(sentAt);

  // Not 0: with zoom scrollTop is fractional.
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 4;
  messages.append(item);
  if (messages.childElementCount > MAX_MESSAGES) messages.firstElementChild?.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
}

/** Send the oldest text, if it may go now; the others follow one by one. */
function sendNext() {
  const [text] = queue;
  const ref = text && !sent && !pause && connection.send({ type: "message", message: text });
  if (ref) {
    queue.shift();
    sent = { text, ref, pingRef: connection.send({ type: "ping" }) };
  }
  showNumber(waiting, queue.length);
}

/** The text on its way is dealt with: go on with the next one, after a while. */
function settle(delay = SEND_INTERVAL) {
  sent = undefined;
  pause = setTimeout(() => {
    pause = 0;
    sendNext();
  }, delay);
}

/** @param {string} text what did not arrive: back into the field, before what was typed since */
function giveBack(text) {
  field.value = [text, field.value].filter(Boolean).join(" ");
  settle();
}

/** @param {SubmitEvent} event */
function submit(event) {
  event.preventDefault();
  field.focus();
  const text = field.value.trim();
  if (text === "") return;
  const isFull = queue.length >= MAX_WAITING;
  error.textContent = (isFull && error.dataset.full) || "";
  if (isFull) return;
  queue.push(text);
  field.value = "";
  sendNext();
}

const url = new URL(element("live", HTMLElement).dataset.websocketPath ?? "", location.href);
url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
const connection = new Connection(url, {
  onLive: showLive,
  onLost: showLost,
  onFrame: showFrame,
  onRoundTrip: (elapsed) => (roundTrip.textContent = millisecondFormat.format(elapsed)),
});
element("composer", HTMLFormElement).addEventListener("submit", submit);
