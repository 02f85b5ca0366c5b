/** Run before each test of the suite: what waits for others, or for a service, waits for a moment. */
process.env["ROUTER_SETTLE_MS"] = "20";
process.env["ROUTER_STATUS_MS"] = "20";
