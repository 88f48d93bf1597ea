import protobuf from 'protobufjs'

const { root } = protobuf.parse(`
  syntax = "proto3";
  message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4;
    ArrayValue array_value = 5; KeyValueList kvlist_value = 6; bytes bytes_value = 7; } }
  message ArrayValue { repeated AnyValue values = 1; }
  message KeyValueList { repeated KeyValue values = 1; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message Scope { string name = 1; string version = 2; repeated KeyValue attributes = 3; }
  message Event { fixed64 time = 1; string name = 2; repeated KeyValue attributes = 3; uint32 dropped = 4; }
  message Link { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; repeated KeyValue attributes = 4; }
  message Status { string message = 2; int32 code = 3; }
  message Span { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5;
    int32 kind = 6; fixed64 start = 7; fixed64 end = 8; repeated KeyValue attributes = 9; uint32 dropped_attributes = 10;
    repeated Event events = 11; uint32 dropped_events = 12; repeated Link links = 13; uint32 dropped_links = 14; Status status = 15; }
  message ScopeSpans { Scope scope = 1; repeated Span items = 2; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scopes = 2; }
  message Traces { repeated ResourceSpans resources = 1; }
  message LogRecord { fixed64 time = 1; int32 severity = 2; AnyValue body = 5; repeated KeyValue attributes = 6; bytes trace_id = 9;
    bytes span_id = 10; fixed64 observed = 11; string event_name = 12; }
  message ScopeLogs { Scope scope = 1; repeated LogRecord items = 2; }
  message ResourceLogs { Resource resource = 1; repeated ScopeLogs scopes = 2; }
  message Logs { repeated ResourceLogs resources = 1; }
`)

type Pair = { key: string }
export type Reference = {
  resources: {
    resource?: { attributes: Pair[] }
    scopes: {
      items: {
        traceId: Uint8Array
        spanId: Uint8Array
        name?: string
        eventName?: string
        attributes: Pair[]
        events?: unknown[]
        links?: unknown[]
      }[]
    }[]
  }[]
}

const types = { traces: root.lookupType('Traces'), logs: root.lookupType('Logs') }

/** What protobufjs reads, by the proto files of OTLP; undefined when it does not accept the bytes. */
export function readByProtobufjs(bytes: Buffer, signal: 'traces' | 'logs'): Reference | undefined {
  try {
    return types[signal].decode(bytes) as unknown as Reference
  } catch {
    return undefined
  }
}
