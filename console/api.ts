// Written by docs/generate_client.py from the OpenAPI document: change the routes, then `make docs`.

/** received = accepted + duplicate + rejected + late + shed, of one source. */
export interface Balance {
  "source": string;
  "received": number;
  "accepted": number;
  "duplicate": number;
  "rejected": number;
  "late": number;
  "shed": number;
}

/** One kind of error. */
export interface ErrorCode {
  "code": string;
  "title": string;
  "cure": string;
}

/** Whether the server can work; if not, why. */
export interface Health {
  "status": "ready" | "not ready";
  "reasons"?: Array<string>;
}

/** The process answers. */
export interface Life {
  "status": "alive";
}

/** What went wrong (RFC 9457). */
export interface Problem {
  /** Where the code is explained. */
  "type": string;
  /** The kind of error, in words. */
  "title": string;
  /** The HTTP status. */
  "status": number;
  /** The product's code; it never changes its meaning. */
  "code": string;
  /** What is wrong here, and what was expected. */
  "detail": string;
  /** What to do next. */
  "cure"?: string;
  /** The id of the request, as in the log. */
  "instance"?: string;
  /** Each thing that is wrong, and where. */
  "errors"?: Array<Record<string, unknown>>;
}

/** What became of the records of a body; all of it is on the disk. */
export interface Receipt {
  "source": string;
  "received": number;
  "accepted": number;
  "duplicate": number;
  "rejected": number;
  "late": number;
  /** One a record, in the order of the body; with `details=rejected` only those that are no events. */
  "records": Array<Record>;
}

/** What became of one record. */
export interface Record {
  /** Its number in the body, from 1. */
  "record": number;
  /** accepted, duplicate, late or rejected */
  "outcome": string;
  /** What names the event. */
  "event_id"?: string | null;
  /** Why it was rejected. */
  "code"?: string | null;
  "detail"?: string | null;
}

export interface Operations {
  /** What an error code means */
  explain_error: {
    method: "GET";
    path: "/v1/errors/{code}";
    parameters: { "code": string };
    query: {};
    body: undefined;
    result: ErrorCode;
  };
  /** One alert */
  get_alert: {
    method: "GET";
    path: "/v1/alerts/{alert_id}";
    parameters: { "alert_id": string };
    query: {};
    body: undefined;
    result: unknown;
  };
  /** What became of each source's records */
  get_balance: {
    method: "GET";
    path: "/v1/balance";
    parameters: {};
    query: {};
    body: undefined;
    result: Array<Balance>;
  };
  /** The queue */
  list_alerts: {
    method: "GET";
    path: "/v1/alerts";
    parameters: {};
    query: { "limit"?: number };
    body: undefined;
    result: unknown;
  };
  /** Whether the process lives */
  livez: {
    method: "GET";
    path: "/livez";
    parameters: {};
    query: {};
    body: undefined;
    result: Life;
  };
  /** Whether useful work can be done */
  readyz: {
    method: "GET";
    path: "/readyz";
    parameters: {};
    query: {};
    body: undefined;
    result: Health;
  };
  /** Send records */
  send_events: {
    method: "POST";
    path: "/v1/events";
    parameters: {};
    query: { "source"?: string; "mapping"?: string | null; "details"?: string };
    body: Blob | string;
    result: Receipt;
  };
}
