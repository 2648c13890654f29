// The live page. All of its texts are in index.html.

import { Connection } from "../realtime/connection.js";

/**
 * A frame from the server; the page ignores the other types.
 * @typedef {{type: "message", message: string, sender: string, sent_at: string, ref?: undefined}
 *   | {type: "presence", online: number, ref?: undefined}
 *   | {type: "error", code: string, detail: string, ref?: string | null}
 *   | {type: "pong", ref?: string | null}} Frame
 */

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
const composer = element("composer", HTMLFormElement);
const field = element("message", HTMLInputElement);
const sendButton = element("send", HTMLButtonElement);
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
const LOGIN_ENDED = 4001; // the connection comes back as a guest's
const RATE_PAUSE = 2_000; // the server counts the frames of the last second

/** Texts to be sent, the oldest first. @type {string[]} */
const queue = [];
/**
 * The text that was sent last, until the server has handled it. The server handles a client's
 * frames in turn: when it answers the ping behind the text, the text has been handled.
 * @type {{text: string, ref: string, pingRef: string | undefined} | undefined}
 */
let sent;
let loginEnded = false;
let pause = 0;
let ticker = 0;
/** The height of the log when the browser last reported a change. */
let logHeight = 0;

/**
 * @param {"live" | "reconnecting" | "offline" | "ended"} state
 * @param {number} [seconds] until the next attempt
 */
function showState(state, seconds = 0) {
  clearTimeout(ticker);
  showNumber(countdown, seconds);
  if (seconds > 0) ticker = setTimeout(() => showState(state, seconds - 1), 1000);
  if (badge.dataset.state === state) return; // a screen reader would announce it again
  badge.dataset.state = state;
  statusText.textContent = badge.dataset[state] ?? "";
}

function showLive() {
  showState("live");
  reason.textContent = loginEnded ? (reason.dataset[`code-${LOGIN_ENDED}`] ?? "") : "";
  connection.send({ type: "presence" });
  sendNext();
}

/** @param {number} delay until the next attempt, in milliseconds @param {number} code */
function showLost(delay, code) {
  if (navigator.onLine) showState("reconnecting", Math.ceil(delay / 1000));
  else showState("offline");
  loginEnded ||= code === LOGIN_ENDED;
  showReason(code);
}

/** @param {number} code */
function showEnd(code) {
  showState("ended");
  // Nothing more is sent, but the texts can be copied from the field.
  sendButton.disabled = true;
  giveBack(...queue.splice(0));
  showNumber(waiting, 0);
  showReason(code);
}

/** @param {number} code the close code, or 0 */
function showReason(code) {
  showNumber(presence, 0);
  if (code) reason.textContent = reason.dataset[`code-${code}`] ?? "";
  if (!sent) return;
  // It may have arrived, so the user decides whether to send it again.
  error.textContent = error.dataset.unconfirmed ?? "";
  giveBack(sent.text);
  settle();
}

/**
 * @param {HTMLElement} place an element with a sentence for each plural category in its data
 * @param {number} number 0 leaves the element empty
 */
function showNumber(place, number) {
  const sentence = place.dataset[pluralRules.select(number)] ?? place.dataset.other ?? "";
  place.textContent = number > 0 ? sentence.replace("{number}", String(number)) : "";
}

/** @param {Frame} frame */
function showFrame(frame) {
  if (frame.type === "message") {
    showMessage(frame);
  } else if (frame.type === "presence") {
    showNumber(presence, frame.online);
  } else if (sent && frame.ref === sent.pingRef) {
    settle();
  } else if (frame.type === "error") {
    error.textContent = frame.detail;
    // The answer to a frame that the server could not parse, such as a large one, has no `ref`.
    if (!sent || (frame.ref ?? sent.ref) !== sent.ref) return;
    if (frame.code === "rate_limited") {
      queue.unshift(sent.text);
      settle(RATE_PAUSE);
    } else {
      giveBack(sent.text);
      settle();
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

  const wasAtEnd = isAtEnd();
  messages.append(item);
  if (messages.childElementCount > MAX_MESSAGES) messages.firstElementChild?.remove();
  if (wasAtEnd) log.scrollTop = log.scrollHeight;
}

/** Return whether the log shows its end, or did before it shrank. */
function isAtEnd() {
  const height = Math.max(log.clientHeight, logHeight);
  // Not 0: with zoom scrollTop is fractional.
  return log.scrollHeight - log.scrollTop - height < 4;
}

/** Scroll to the end again after a phone's keyboard opens or an error takes a second line. */
function followHeight() {
  if (isAtEnd()) log.scrollTop = log.scrollHeight;
  logHeight = log.clientHeight;
}

/** Send the oldest text, unless another one is unconfirmed. The rest follow one by one. */
function sendNext() {
  const [text] = queue;
  const ref = text && !sent && !pause && connection.send({ type: "message", message: text });
  if (ref) {
    queue.shift();
    sent = { text, ref, pingRef: connection.send({ type: "ping" }) };
  }
  showNumber(waiting, queue.length);
}

/** Send the next text after a while, since the last one has been handled. */
function settle(delay = SEND_INTERVAL) {
  sent = undefined;
  pause = setTimeout(() => {
    pause = 0;
    sendNext();
  }, delay);
}

/** Put texts that did not arrive back into the field. @param {string[]} texts */
function giveBack(...texts) {
  field.value = [...texts, field.value].filter(Boolean).join(" ");
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

const connection = new Connection(element("live", HTMLElement).dataset.websocketPath ?? "", {
  onLive: showLive,
  onLost: showLost,
  onRetry: () => showLost(0, 0),
  onEnd: showEnd,
  onFrame: showFrame,
  onRoundTrip: (elapsed) => (roundTrip.textContent = millisecondFormat.format(elapsed)),
});
composer.addEventListener("submit", submit);
new ResizeObserver(followHeight).observe(log);
