// The same in Node, on its best-known WebSocket library.
const http = require("node:http");
const { WebSocketServer } = require("ws");

const server = http.createServer((request, response) => response.end("ok"));
const sockets = new WebSocketServer({ server, perMessageDeflate: false });

sockets.on("connection", (socket) => {
  socket.on("message", (data) => {
    const frame = JSON.parse(data);
    if (frame.type === "ping") {
      socket.send(JSON.stringify({ type: "pong", ref: frame.ref }));
      return;
    }
    const text = JSON.stringify({
      type: "message", message: frame.message, sender: "a", sent_at: "b",
    });
    for (const client of sockets.clients) client.send(text);
  });
});
server.listen(Number(process.argv[2]), "127.0.0.1", 4096);
