// Has Kombo's own client for TypeScript read notices, and the lines of our documentation see that they are genuine.
//
// Reads from standard input, as one JSON object: secret, and notices (body and signature of each). Writes a line of JSON for each
// notice: type; taken, whether the client takes it; genuine, and forged, what isGenuine says of it and of another body;
// validated, whether the client's own validateWebhook takes it. Beside it lies genuine.ts.
import { readFileSync } from "node:fs";
import { Kombo } from "@kombo-api/sdk";
import * as webhooks from "@kombo-api/sdk/models/webhooks";
import { isGenuine } from "./genuine.ts";

const { secret, notices } = JSON.parse(readFileSync(0, "utf8"));
const kombo = new Kombo();

function reader(type) {
  const name = type.split("-").map((part) => part[0].toUpperCase() + part.slice(1)).join("");
  return webhooks[`webhook${name}WebhookPayloadRequestFromJSON`];
}

async function validated(body, headers) {
  try {
    await kombo.validateWebhook({ request: { body, headers, url: "https://mine.example/", method: "POST" } });
    return true;
  } catch {
    return false;
  }
}

for (const { body, signature } of notices) {
  const notice = JSON.parse(body);
  const read = reader(notice.type)(JSON.stringify({ "X-Kombo-Signature": signature, body: notice }));
  const headers = { "x-kombo-signature": signature };
  process.stdout.write(`${JSON.stringify({
    type: notice.type,
    taken: read.ok ? null : String(read.error.cause ?? read.error.message),
    genuine: isGenuine(Buffer.from(body), headers, secret),
    forged: isGenuine(Buffer.from(`${body} `), headers, secret),
    validated: await validated(body, { "X-Kombo-Signature": signature, "Content-Type": "application/json" }),
  })}\n`);
}
