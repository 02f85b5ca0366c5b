import { newestTemplate } from "../../substrate/template";

const named = (...names: string[]) => names.map((name, i) => ({ vmid: 100 + i, name }));

test.each([
    [["fedora-server-44-1.9", "fedora-server-44-1.10"], "fedora-server-44-1.10"],
    [["fedora-server-44-1.10", "fedora-server-44-1.9"], "fedora-server-44-1.10"],
    [["fedora-server-43-1.6", "fedora-server-44-1.0"], "fedora-server-44-1.0"],
    [["fedora-server-44-1", "fedora-server-44-1.1"], "fedora-server-44-1.1"],
    [["fedora-server-9-1.0", "fedora-server-10-1.0"], "fedora-server-10-1.0"],
    [["debian-13-2.0", "fedora-server-44-1.9"], "fedora-server-44-1.9"],
])("of %j the newest is %s", (names, newest) => {
    expect(newestTemplate(named(...names), "fedora-server-", "pve2").name).toBe(newest);
});

test("a prefix that matches nothing names node, prefix and what is there", () => {
    expect(() => newestTemplate(named("debian-13-2.0"), "fedora-server-", "pve2")).toThrow(
        "node pve2 has no template whose name begins with fedora-server-; there is debian-13-2.0 (100). " +
            "Build it with the image factory, or correct template.prefix.",
    );
});

test("a node without templates is told so", () => {
    expect(() => newestTemplate([], "fedora-server-", "pve2")).toThrow("there is no template at all");
});

test.each([
    ["the same name twice", ["fedora-server-44-1.9", "fedora-server-44-1.9"]],
    ["versions equal by number", ["fedora-server-44-1.09", "fedora-server-44-1.9"]],
])("two equal newest are refused: %s", (_what, names) => {
    expect(() => newestTemplate(named(...names), "fedora-server-", "pve2")).toThrow(
        /^node pve2 has two newest templates for the prefix fedora-server-: .* \(100\) and .* \(101\)\./,
    );
});

test("two equal older ones are no fault", () => {
    const templates = named("fedora-server-44-1.9", "fedora-server-44-1.9", "fedora-server-44-1.10");
    expect(newestTemplate(templates, "fedora-server-", "pve2").vmid).toBe(102);
});
