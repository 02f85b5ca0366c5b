import { PAGE_COLOURS, type Colours } from "../../report/html";
import { MAP_COLOURS } from "../../report/map/colours";

/** Text, and a line or an area that carries meaning (WCAG 2.2, 1.4.3 and 1.4.11). */
const TEXT = 4.5;
const AREA = 3;

/**
 * How far colours are apart in OKLab before they are hard to tell from each other: 0.1 is about that of two neighbours on a
 * colour wheel of twelve. Without red and green less is left to tell them by; the names stand beside them.
 */
const APART = 0.1;
const APART_WITHOUT_GREEN = 0.05;

type Triple = readonly [number, number, number];

function linearOf(hex: string): Triple {
    const [r, g, b] = [1, 3, 5]
        .map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
        .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return [r!, g!, b!];
}

function times(matrix: readonly Triple[], [x, y, z]: Triple): Triple {
    const [a, b, c] = matrix.map((row) => row[0] * x + row[1] * y + row[2] * z);
    return [a!, b!, c!];
}

function contrast(one: string, other: string): number {
    const luminance = (hex: string) => times([[0.2126, 0.7152, 0.0722]], linearOf(hex))[0];
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light! + 0.05) / (dark! + 0.05);
}

/** A colour in OKLab, where distances are as eyes see them. */
function labOf(linear: Triple): Triple {
    const cone = times(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ],
        linear,
    );
    return times(
        [
            [0.2104542553, 0.793617785, -0.0040720468],
            [1.9779984951, -2.428592205, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.808675766],
        ],
        [Math.cbrt(cone[0]), Math.cbrt(cone[1]), Math.cbrt(cone[2])],
    );
}

/** Colour as eyes that lack the cones for green see it (Machado, Oliveira and Fernandes 2009, severity 1). */
function withoutGreen(linear: Triple): Triple {
    const [r, g, b] = times(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.01182, 0.04294, 0.968881],
        ],
        linear,
    ).map((value) => Math.min(1, Math.max(0, value)));
    return [r!, g!, b!];
}

function distance(one: string, other: string, seen: (linear: Triple) => Triple = (linear) => linear): number {
    const [a, b] = [one, other].map((hex) => labOf(seen(linearOf(hex))));
    return Math.hypot(a![0] - b![0], a![1] - b![1], a![2] - b![2]);
}

test("contrast and distance are as published", () => {
    expect(contrast("#ffffff", "#000000")).toBeCloseTo(21, 5);
    expect(contrast("#767676", "#ffffff")).toBeCloseTo(4.54, 2);
    expect(distance("#ffffff", "#000000")).toBeCloseTo(1, 3);
    expect(labOf(linearOf("#ff0000"))[0]).toBeCloseTo(0.628, 3);
});

describe.each(Object.entries(MAP_COLOURS) as [string, Colours][])("%s", (_, colours) => {
    const tenants = Object.entries(colours).filter(([name]) => name.startsWith("tenant"));
    const grounds = ["page", "card"].map((name) => colours[name]!);

    test("text, links and the red of drift are read on every ground", () => {
        const texts = ["ink", "muted", "bad", "link"].flatMap((name) => [
            ...grounds.map((ground) => [name, contrast(colours[name]!, ground)] as const),
            ...(name === "muted" ? [] : [[name, contrast(colours[name]!, colours["bad-ground"]!)] as const]),
        ]);
        expect(texts.filter(([, value]) => value < TEXT)).toEqual([]);
    });

    test("ten tenants' colours, and lines, stand out from both grounds", () => {
        expect(tenants).toHaveLength(10);
        const areas = [...tenants, ["line", colours["line"]!] as const].flatMap(([name, colour]) =>
            grounds.map((ground) => [name, contrast(colour, ground)] as const),
        );
        expect(areas.filter(([, value]) => value < AREA)).toEqual([]);
    });

    test("no two tenants look alike, and none looks like drift", () => {
        const named = [...tenants, ["bad", colours["bad"]!] as const];
        const pairs = named.flatMap(([name, colour], at) =>
            named.slice(at + 1).map((other) => [name, colour, ...other] as const),
        );
        expect(pairs.filter(([, one, , other]) => distance(one, other) < APART)).toEqual([]);
        const betweenTenants = pairs.filter(([, , name]) => name !== "bad");
        expect(
            betweenTenants.filter(([, one, , other]) => distance(one, other, withoutGreen) < APART_WITHOUT_GREEN),
        ).toEqual([]);
    });
});

test("the map keeps the colours of every page", () => {
    expect(MAP_COLOURS.light).toMatchObject(PAGE_COLOURS.light);
    expect(MAP_COLOURS.dark).toMatchObject(PAGE_COLOURS.dark);
});
