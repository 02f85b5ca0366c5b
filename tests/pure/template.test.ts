import { chooseTemplate, newestTemplate, rivalsOf } from "../../substrate/template";

const named = (...names: string[]) => names.map((name, i) => ({ vmid: 100 + i, name }));

test.each([
    [["fedora-server-44-1.9", "fedora-server-44-1.10"], "fedora-server-44-1.10"],
    [["fedora-server-44-1.10", "fedora-server-44-1.9"], "fedora-server-44-1.10"],
    [["fedora-server-43-1.6", "fedora-server-44-1.0"], "fedora-server-44-1.0"],
    [["fedora-server-44-1", "fedora-server-44-1.1"], "fedora-server-44-1.1"],
    [["fedora-server-9-1.0", "fedora-server-10-1.0"], "fedora-server-10-1.0"],
    [["debian-13-2.0", "fedora-server-44-1.9"], "fedora-server-44-1.9"],
    // A suffix is no version, and never wins.
    [["fedora-server-44-1.10", "fedora-server-44-1.10-test", "fedora-server-44-1.10-old"], "fedora-server-44-1.10"],
    [["fedora-server-44-1.9", "fedora-server-44-2.0-rc1"], "fedora-server-44-1.9"],
    [["fedora-server-44-2.0", "fedora-server-44-2.0-rc1"], "fedora-server-44-2.0"],
])("of %j the newest is %s", (names, newest) => {
    expect(newestTemplate(named(...names), "fedora-server-", "pve2").name).toBe(newest);
});

test("a prefix may be the whole name, or end where a version begins", () => {
    expect(newestTemplate(named("debian", "debian-13"), "debian", "pve2").name).toBe("debian-13");
    expect(newestTemplate(named("debian", "debian-tenant"), "debian", "pve2").name).toBe("debian");
});

test("a prefix that matches nothing names node, prefix and what is there", () => {
    expect(() => newestTemplate(named("debian-13-2.0"), "fedora-server-", "pve2")).toThrow(
        "node pve2 has no template whose name begins with fedora-server-; there is debian-13-2.0 (100). " +
            "Build it with the image factory, or correct template.prefix.",
    );
});

test("one that matches suffixes alone says so", () => {
    expect(() => newestTemplate(named("fedora-server-44-rc1"), "fedora-server-", "pve2")).toThrow(
        "node pve2 has no template whose name is fedora-server- and a version of numbers alone; there is " +
            "fedora-server-44-rc1 (100). Rename it, or say it by template.name.",
    );
});

test("a node without templates is told so", () => {
    expect(() => newestTemplate([], "fedora-server-", "pve2")).toThrow("there is no template at all");
});

describe("of two equal ones", () => {
    const [before, after] = named("fedora-server-44-1.9", "fedora-server-44-1.9");
    const prefix = { prefix: "fedora-server-" };
    const name = { name: "fedora-server-44-1.9" };

    test.each([prefix, name])("the one that was made last counts, whatever its VMID: %j", (choice) => {
        const first = { ...before!, created: 200 };
        const second = { ...after!, created: 100 };
        expect(chooseTemplate([first, second], choice, "pve2")).toBe(first);
        expect(chooseTemplate([{ ...first, created: 50 }, second], choice, "pve2")).toBe(second);
        // One that does not tell is the older one: PVE writes the time since 7.1.
        expect(chooseTemplate([before!, second], choice, "pve2")).toBe(second);
        expect(rivalsOf([first, second], choice)).toEqual([first, second]);
    });

    test.each([
        ["the same name twice", ["fedora-server-44-1.9", "fedora-server-44-1.9"]],
        ["versions equal by number", ["fedora-server-44-1.09", "fedora-server-44-1.9"]],
    ])("they are refused where nothing tells them apart: %s", (_what, names) => {
        expect(() => newestTemplate(named(...names), "fedora-server-", "pve2")).toThrow(
            /^node pve2 has two newest templates for the prefix fedora-server-: .* \(100\) and .* \(101\)\. Nothing tells/,
        );
    });

    test("older ones are no fault, and are not asked of", () => {
        const templates = named("fedora-server-44-1.9", "fedora-server-44-1.9", "fedora-server-44-1.10");
        expect(newestTemplate(templates, "fedora-server-", "pve2").vmid).toBe(102);
        expect(rivalsOf(templates, prefix)).toEqual([]);
    });
});
