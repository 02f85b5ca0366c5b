/** Run before each test of the suite: the queue waits for a moment, since one test does one thing at a time. */
process.env["ROUTER_SETTLE_MS"] = "150";
