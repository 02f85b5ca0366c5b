import fc from "fast-check";

/** Properties that are searched for a counterexample, one after the other. */
const PROPERTIES = 6;

/** Seconds for each: a few in `make test`; `make fuzz SECONDS=600` shares its time among them. */
const SECONDS = process.env["FUZZ_SECONDS"] ? Number(process.env["FUZZ_SECONDS"]) / PROPERTIES : 4;

/** How long one test file with some of the properties may take, in milliseconds. */
export const FUZZ_TIMEOUT_MS = (SECONDS + 60) * 1000;

/** How often a property ended in each of its ways. */
export type Ends = Record<string, number>;

/**
 * Looks for a value for which a property does not hold, as long as there is time.
 *
 * @param examples values that are tried first, so that each way of the property is gone.
 * @param holds gives back in which of its ways it ended; it throws where it does not hold.
 */
export async function search<T>(
    values: fc.Arbitrary<T>,
    examples: readonly T[],
    holds: (value: T) => string | Promise<string>,
): Promise<Ends> {
    const ends: Ends = {};
    const property = fc.asyncProperty(values, async (value) => {
        const end = await holds(value);
        ends[end] = (ends[end] ?? 0) + 1;
    });
    await fc.assert(property, {
        interruptAfterTimeLimit: SECONDS * 1000,
        numRuns: 10_000_000,
        endOnFailure: true,
        examples: examples.map((one): [T] => [one]),
    });
    console.log(`${expect.getState().currentTestName}, in ${SECONDS} s: ${JSON.stringify(ends)}`);
    return ends;
}

/** Values that another machine may put in the place of any. */
const ODD = fc.oneof(
    fc.constantFrom<unknown>(null, "", "x", 0, -1, 1.5, 1e99, true, false, [], {}, [null], "\u001b[2J", "__proto__"),
    fc.string({ unit: "binary" }),
    fc.jsonValue({ maxDepth: 2 }),
);

/** One change of a value: at a place of it, by its number, comes something else, or nothing any more. */
const change = fc.record({
    place: fc.nat(),
    // Its own, since a later change may put something into it: itself, where two changes share one.
    odd: ODD.map((odd) => structuredClone(odd)),
    goes: fc.boolean(),
});

/** A value as another machine may get it wrong: some places of it changed. */
export function mutations(value: unknown): fc.Arbitrary<unknown> {
    return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) => {
        const holder = { value: structuredClone(value) };
        changes.forEach((one) => mutate(holder, one));
        return holder.value;
    });
}

function mutate(holder: object, { place, odd, goes }: { place: number; odd: unknown; goes: boolean }): void {
    const places = placesIn(holder);
    const chosen = places[place % places.length];
    if (chosen === undefined) {
        // An earlier change took all of it.
        return;
    }
    const [owner, key] = chosen;
    if (goes && !Array.isArray(owner)) {
        delete owner[key];
    } else {
        // Never a prototype, as JSON.parse never makes one.
        Object.defineProperty(owner, key, { value: odd, configurable: true, enumerable: true, writable: true });
    }
}

function placesIn(owner: object): (readonly [owner: Record<string, unknown>, key: string])[] {
    return Object.entries(owner).flatMap(([key, value]) => [
        [owner as Record<string, unknown>, key] as const,
        ...(typeof value === "object" && value !== null ? placesIn(value as object) : []),
    ]);
}
