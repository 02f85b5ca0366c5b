import { setTimeout as delay } from "node:timers/promises";
import type { SimulatedRouter } from "../../lab/simulatedRouter";

/** How long the router is looked at for the request, in milliseconds, and how often. */
const PATIENCE_MS = 30_000;
const LOOK_MS = 20;

/**
 * Runs what asks the router for something that it never answers. The time for an answer passes as soon as the router has the
 * request: nobody waits for it, and on a loaded machine no other request is given up. That the client does give up after its
 * time is shown in client.test.ts.
 *
 * @param path a regular expression for the request's path below /api.
 */
export async function whileTimePasses<T>(router: SimulatedRouter, path: string, run: () => Promise<T>): Promise<T> {
    const time = new AbortController();
    const passes = AbortSignal.timeout.bind(AbortSignal);
    const clock = jest
        .spyOn(AbortSignal, "timeout")
        .mockImplementation((milliseconds) => (time.signal.aborted ? passes(milliseconds) : time.signal));
    const running = run();
    try {
        await Promise.race([running, seen(router, path)]);
        time.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
        return await running;
    } finally {
        clock.mockRestore();
    }
}

async function seen(router: SimulatedRouter, path: string): Promise<void> {
    const asked = new RegExp(`^/api${path}$`);
    for (const started = Date.now(); !(await router.requests()).some((request) => asked.test(request.path));) {
        if (Date.now() - started > PATIENCE_MS) {
            throw new Error(`${path} was not asked for`);
        }
        await delay(LOOK_MS);
    }
}
