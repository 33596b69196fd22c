// A network between a browser and a server, that can be cut and joined again.
import net from "node:net";

/** Relays to `base`; `site` is what the browser is to ask. */
export async function relayed(base) {
  const target = new URL(base);
  const open = new Set();
  let relay;
  let port = 0;
  async function join() {
    relay = net.createServer((near) => {
      const far = net.connect(Number(target.port), target.hostname);
      for (const socket of [near, far]) {
        open.add(socket);
        socket.on("error", () => socket.destroy());
        socket.on("close", () => open.delete(socket));
      }
      near.pipe(far).pipe(near);
    });
    await new Promise((done) => relay.listen(port, "127.0.0.1", done));
    port = relay.address().port;
  }
  async function cut() {
    const closed = new Promise((done) => relay.close(done));
    for (const socket of open) socket.destroy();
    await closed;
  }
  await join();
  return { site: `http://127.0.0.1:${port}`, join, cut };
}
