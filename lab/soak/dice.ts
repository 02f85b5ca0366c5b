import fc from "fast-check";

/** Chance that comes out the same for the same seed. */
export class Dice {
    private readonly numbers: Iterator<number>;

    /** @param seed a whole number. */
    constructor(seed: number) {
        const [numbers] = fc.sample(fc.infiniteStream(fc.noBias(fc.nat())), { seed, numRuns: 1 });
        this.numbers = numbers!;
    }

    /** A whole number from 0 on, below a limit. */
    below(limit: number): number {
        return (this.numbers.next().value as number) % limit;
    }

    /** One of some; undefined of none. */
    pick<T>(some: readonly T[]): T | undefined {
        return some.length === 0 ? undefined : some[this.below(some.length)];
    }

    /** True in so many cases of a hundred. */
    percent(chance: number): boolean {
        return this.below(100) < chance;
    }
}
