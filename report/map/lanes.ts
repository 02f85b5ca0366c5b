/** Ways of one source on one side of the router: it leaves at a height, and ends at some. */
export interface Bus {
    readonly source: string;
    readonly targets: readonly string[];
}

/** A bus with the lane that its upright line runs in, 0 nearest to the places. */
export interface Laid extends Bus {
    readonly lane: number;
}

/**
 * Gives each bus a lane, so that the upright lines of no two lie on each other. Short ones are nearest to the places.
 *
 * @param heightOf where a place is.
 */
export function lay(buses: readonly Bus[], heightOf: (place: string) => number): Laid[] {
    const lanes: [top: number, bottom: number][][] = [];
    const spans = buses.map((bus) => {
        const heights = [bus.source, ...bus.targets].map(heightOf);
        return { bus, top: Math.min(...heights), bottom: Math.max(...heights) };
    });
    return spans
        .sort((a, b) => a.bottom - a.top - (b.bottom - b.top))
        .map(({ bus, top, bottom }) => {
            const free = lanes.findIndex((taken) => taken.every(([from, to]) => bottom < from || to < top));
            const lane = free < 0 ? lanes.length : free;
            (lanes[lane] ??= []).push([top, bottom]);
            return { ...bus, lane };
        });
}

/** How many lanes there are. */
export function laneCount(laid: readonly Laid[]): number {
    return Math.max(0, ...laid.map(({ lane }) => lane + 1));
}
