// A receiver of all webhooks, on top of what a generator made of our documents. It
// prints its URL and ends when its input does.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { DocumentNotice } from "./document-notice/types.gen";
import { zDocumentNotice } from "./document-notice/zod.gen";
import { zOrderChangedData } from "./order-get-webhook/zod.gen";
import type { Order, OrderWebhook, SingleOrder } from "./order-webhook/types.gen";
import { zOrderWebhook } from "./order-webhook/zod.gen";
import { zShipmentChangedData } from "./shipment-get-webhook/zod.gen";
import type { ShipmentWebhook } from "./shipment-webhook/types.gen";
import { zShipmentWebhook } from "./shipment-webhook/zod.gen";
import type { TriggerEvent } from "./trigger-event/types.gen";
import { zTriggerEvent } from "./trigger-event/zod.gen";

// take reads a request and throws if it isn't as the documents say. The readers' types
// must be those of the documents, or this isn't compiled.
function take(method: string, path: string, body: string): void {
  const id = decodeURIComponent(path.split("/")[2] ?? "");
  switch (`${method} ${path.split("/")[1]}`) {
    case "POST orders": {
      const w: OrderWebhook = zOrderWebhook.parse(JSON.parse(body));
      const order: Order | SingleOrder | undefined = w.orderEvent ?? w.singleDeliveryOrderEvent ?? w.simpleOrderEvent;
      if (!order?.orderId) throw new Error("there is no order");
      return;
    }
    case "POST order-documents": {
      const w: OrderWebhook = zOrderWebhook.parse(JSON.parse(body));
      if (!w.orderDocumentsEvent?.orderId) throw new Error("there is no order");
      return;
    }
    case "GET orders":
      zOrderChangedData.shape.path.parse({ orderId: id });
      return;
    case "POST shipments": {
      const w: ShipmentWebhook = zShipmentWebhook.parse(JSON.parse(body));
      if (!w.shipment.id) throw new Error("there is no shipment");
      return;
    }
    case "GET shipments":
      zShipmentChangedData.shape.path.parse({ shipmentId: id });
      return;
    case "POST documents": {
      const n: DocumentNotice = zDocumentNotice.parse(JSON.parse(body));
      if (!n.transactionId) throw new Error("there is no deal");
      return;
    }
    case "POST events": {
      const e = zTriggerEvent.parse(JSON.parse(body)) as TriggerEvent;
      if (e.event === "VoipCallChanged" && !("Id" in e.entityData)) throw new Error("there is no call");
      return;
    }
  }
  throw new Error(`there is no ${method} ${path}`);
}

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    try {
      if (!request.headers["webhook-id"]) throw new Error("there is no Webhook-Id");
      take(request.method ?? "", request.url ?? "", Buffer.concat(parts).toString("utf8"));
      response.writeHead(204).end();
    } catch (err) {
      response.writeHead(400, { "Content-Type": "text/plain" }).end(String(err));
    }
  });
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
process.stdin.on("end", () => process.exit()).resume();
