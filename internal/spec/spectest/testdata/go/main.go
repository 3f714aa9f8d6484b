// A receiver of all webhooks, on top of what a generator made of our documents. It
// prints its URL and ends when its input does.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	"receiver/documentnotice"
	"receiver/ordergetwebhook"
	"receiver/orderwebhook"
	"receiver/shipmentgetwebhook"
	"receiver/shipmentwebhook"
	"receiver/triggerevent"
)

func main() {
	mux := http.NewServeMux()
	order, err := orderwebhook.NewServer(orders{}, orders{})
	must(err)
	mux.Handle("POST /orders", order)
	mux.Handle("POST /order-documents", order)
	orderGet, err := ordergetwebhook.NewServer(orderGets{}, orderGets{})
	must(err)
	mux.Handle("GET /orders/{id}", orderGet)
	shipment, err := shipmentwebhook.NewServer(shipments{}, shipments{})
	must(err)
	mux.Handle("POST /shipments", shipment)
	shipmentGet, err := shipmentgetwebhook.NewServer(shipmentGets{}, shipmentGets{})
	must(err)
	mux.Handle("GET /shipments/{id}", shipmentGet)
	document, err := documentnotice.NewServer(documents{}, documents{})
	must(err)
	mux.Handle("POST /documents", document)
	event, err := triggerevent.NewServer(events{}, events{})
	must(err)
	mux.Handle("POST /events", event)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	fmt.Println("http://" + listener.Addr().String())
	go func() { must(http.Serve(listener, mux)) }()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

type orders struct{}

func (orders) HandleBasic(ctx context.Context, _ orderwebhook.OperationName, _ orderwebhook.Basic) (context.Context, error) {
	return ctx, nil
}

func (orders) HandleBearer(ctx context.Context, _ orderwebhook.OperationName, _ orderwebhook.Bearer) (context.Context, error) {
	return ctx, nil
}

func (orders) HandleOAuth2(ctx context.Context, _ orderwebhook.OperationName, _ orderwebhook.OAuth2) (context.Context, error) {
	return ctx, nil
}

func (orders) OrderEvent(_ context.Context, w *orderwebhook.OrderWebhook, p orderwebhook.OrderEventParams) (orderwebhook.OrderEventRes, error) {
	var id string
	if o, ok := w.OrderEvent.Get(); ok {
		id = o.OrderId
	} else if o, ok := w.SingleDeliveryOrderEvent.Get(); ok {
		id = o.OrderId
	} else if o, ok := w.SimpleOrderEvent.Get(); ok {
		id = o.OrderId
	}
	if id == "" || p.WebhookID == "" || w.Meta.MessageId == "" {
		return &orderwebhook.OrderEventInternalServerError{}, nil
	}
	return &orderwebhook.OrderEventNoContent{}, nil
}

func (orders) OrderDocumentsEvent(_ context.Context, w *orderwebhook.OrderWebhook, _ orderwebhook.OrderDocumentsEventParams) (orderwebhook.OrderDocumentsEventRes, error) {
	if o, ok := w.OrderDocumentsEvent.Get(); !ok || o.OrderId == "" {
		return &orderwebhook.OrderDocumentsEventInternalServerError{}, nil
	}
	return &orderwebhook.OrderDocumentsEventNoContent{}, nil
}

type orderGets struct{}

func (orderGets) HandleBasic(ctx context.Context, _ ordergetwebhook.OperationName, _ ordergetwebhook.Basic) (context.Context, error) {
	return ctx, nil
}

func (orderGets) HandleBearer(ctx context.Context, _ ordergetwebhook.OperationName, _ ordergetwebhook.Bearer) (context.Context, error) {
	return ctx, nil
}

func (orderGets) HandleOAuth2(ctx context.Context, _ ordergetwebhook.OperationName, _ ordergetwebhook.OAuth2) (context.Context, error) {
	return ctx, nil
}

func (orderGets) OrderChanged(_ context.Context, p ordergetwebhook.OrderChangedParams) (ordergetwebhook.OrderChangedRes, error) {
	if p.OrderId == "" {
		return &ordergetwebhook.OrderChangedInternalServerError{}, nil
	}
	return &ordergetwebhook.OrderChangedNoContent{}, nil
}

type shipments struct{}

func (shipments) HandleBasic(ctx context.Context, _ shipmentwebhook.OperationName, _ shipmentwebhook.Basic) (context.Context, error) {
	return ctx, nil
}

func (shipments) HandleBearer(ctx context.Context, _ shipmentwebhook.OperationName, _ shipmentwebhook.Bearer) (context.Context, error) {
	return ctx, nil
}

func (shipments) HandleOAuth2(ctx context.Context, _ shipmentwebhook.OperationName, _ shipmentwebhook.OAuth2) (context.Context, error) {
	return ctx, nil
}

func (shipments) ShipmentEvent(_ context.Context, w *shipmentwebhook.ShipmentWebhook, _ shipmentwebhook.ShipmentEventParams) (shipmentwebhook.ShipmentEventRes, error) {
	if w.Shipment.ID == "" {
		return &shipmentwebhook.ShipmentEventInternalServerError{}, nil
	}
	return &shipmentwebhook.ShipmentEventNoContent{}, nil
}

type shipmentGets struct{}

func (shipmentGets) HandleBasic(ctx context.Context, _ shipmentgetwebhook.OperationName, _ shipmentgetwebhook.Basic) (context.Context, error) {
	return ctx, nil
}

func (shipmentGets) HandleBearer(ctx context.Context, _ shipmentgetwebhook.OperationName, _ shipmentgetwebhook.Bearer) (context.Context, error) {
	return ctx, nil
}

func (shipmentGets) HandleOAuth2(ctx context.Context, _ shipmentgetwebhook.OperationName, _ shipmentgetwebhook.OAuth2) (context.Context, error) {
	return ctx, nil
}

func (shipmentGets) ShipmentChanged(_ context.Context, p shipmentgetwebhook.ShipmentChangedParams) (shipmentgetwebhook.ShipmentChangedRes, error) {
	if p.ShipmentId == "" {
		return &shipmentgetwebhook.ShipmentChangedInternalServerError{}, nil
	}
	return &shipmentgetwebhook.ShipmentChangedNoContent{}, nil
}

type documents struct{}

func (documents) HandleBasic(ctx context.Context, _ documentnotice.OperationName, _ documentnotice.Basic) (context.Context, error) {
	return ctx, nil
}

func (documents) HandleBearer(ctx context.Context, _ documentnotice.OperationName, _ documentnotice.Bearer) (context.Context, error) {
	return ctx, nil
}

func (documents) HandleOAuth2(ctx context.Context, _ documentnotice.OperationName, _ documentnotice.OAuth2) (context.Context, error) {
	return ctx, nil
}

func (documents) DocumentNotice(_ context.Context, n *documentnotice.DocumentNotice, _ documentnotice.DocumentNoticeParams) (documentnotice.DocumentNoticeRes, error) {
	if n.TransactionId == "" {
		return &documentnotice.DocumentNoticeInternalServerError{}, nil
	}
	return &documentnotice.DocumentNoticeNoContent{}, nil
}

type events struct{}

func (events) HandleBasic(ctx context.Context, _ triggerevent.OperationName, _ triggerevent.Basic) (context.Context, error) {
	return ctx, nil
}

func (events) HandleBearer(ctx context.Context, _ triggerevent.OperationName, _ triggerevent.Bearer) (context.Context, error) {
	return ctx, nil
}

func (events) HandleOAuth2(ctx context.Context, _ triggerevent.OperationName, _ triggerevent.OAuth2) (context.Context, error) {
	return ctx, nil
}

func (events) TriggerEvent(_ context.Context, e triggerevent.TriggerEvent, _ triggerevent.TriggerEventParams) (triggerevent.TriggerEventRes, error) {
	if e.Type == "" {
		return &triggerevent.TriggerEventInternalServerError{}, nil
	}
	return &triggerevent.TriggerEventNoContent{}, nil
}
