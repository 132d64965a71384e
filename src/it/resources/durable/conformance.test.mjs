import { runConformanceTests } from "@durable-streams/server-conformance-tests";

runConformanceTests({ baseUrl: process.env.DURABLE_STREAMS_URL, longPollTimeoutMs: 3000 });
