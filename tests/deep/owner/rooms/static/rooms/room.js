import { Connection } from "../realtime/connection.js";

const messages = document.getElementById("messages");
const connection = new Connection(document.getElementById("room").dataset.path, {
  onFrame: (frame) => {
    if (frame.type === "said") messages.append(Object.assign(document.createElement("li"), { textContent: frame.text }));
  },
  onEnd: () => messages.replaceChildren("Log in first."),
});
document.getElementById("say").addEventListener("submit", (event) => {
  event.preventDefault();
  connection.send({ type: "say", text: event.target.text.value });
  event.target.reset();
});
