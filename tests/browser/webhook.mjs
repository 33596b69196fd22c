// Verifies one webhook with the reference library of Standard Webhooks.
//
//   node tests/browser/webhook.mjs < {"secret", "headers", "body"}
//
// Exit 1 where it does not hold.
import { Webhook } from "standardwebhooks";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { secret, headers, body } = JSON.parse(Buffer.concat(chunks).toString());
try {
  new Webhook(secret).verify(body, headers);
} catch (error) {
  console.error(`${error}`);
  process.exit(1);
}
