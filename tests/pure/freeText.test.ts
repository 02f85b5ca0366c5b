import { steeringTexts } from "../../definitions/freeText";
import { removeProjects, smallTenant, STACK } from "../fixtures";
import { loadSubstrate } from "../../substrate/load";
import { project } from "../fixtures";

afterAll(removeProjects);

function faultsIn(files: Record<string, string>): string[] {
    const all = { "Pulumi.dvntm.yaml": STACK, "tenants/dvntm/grooveiq.yaml": smallTenant("grooveiq", 50), ...files };
    try {
        loadSubstrate({ root: project(all), substrate: "dvntm" });
        return [];
    } catch (error) {
        return (error as Error).message.split("\n");
    }
}

const described = (text: string) => ({
    "tenants/dvntm/grooveiq.yaml": smallTenant("grooveiq", 50).replace("vlan:", `description: "${text}"\nvlan:`),
});

test.each([
    ["an escape", "a\\e[31mb", "U+001B at character 2"],
    ["the end of a text", "a\\0", "U+0000 at character 2"],
    ["a carriage return", "ab\\r", "U+000D at character 3"],
    ["one that turns the order", "\\u202eab", "U+202E at character 1 turns the order"],
    ["one that turns back", "a\\u2069b", "U+2069 at character 2 turns the order"],
    ["a line of Unicode's", "a\\u2028b", "U+2028 at character 2"],
])("%s in a description is refused by its code point", (_, text, said) => {
    expect(faultsIn(described(text))).toEqual([
        expect.stringContaining(`tenants/dvntm/grooveiq.yaml:2 description: ${said}`),
    ]);
});

test("in any other text of a tenant's or a stack file, too, and once where its pattern refuses it already", () => {
    const tenant = `${smallTenant("grooveiq", 50)}    description: "a\\u0007"\n`;
    expect(faultsIn({ "tenants/dvntm/grooveiq.yaml": tenant })).toEqual([
        expect.stringMatching(/:6 vms\[0\]\.description: U\+0007 at character 2/),
    ]);
    const allowing = `${smallTenant("grooveiq", 50)}allow:\n  - { to: 10.9.0.0/16, protocol: tcp, why: "a\\u202eb" }\n`;
    expect(faultsIn({ "tenants/dvntm/grooveiq.yaml": allowing })).toEqual([
        expect.stringMatching(/allow\[0\]\.why: .*one line of plain text/),
    ]);
    const stack = STACK.replace("config:\n", 'config:\n  tenant-hypervisors:timeZone: "Europe/\\u200fBerlin"\n');
    expect(faultsIn({ "Pulumi.dvntm.yaml": stack })).toEqual([expect.stringMatching(/timeZone: .*U\+200F|timeZone/)]);
});

test("control: letters of all scripts, pictures of several parts, lines and tabs are no fault", () => {
    expect(faultsIn(described("Grüße, 日本, עברית, 👩‍👩‍👧, a\\tb\\nc"))).toEqual([]);
    expect(steeringTexts({ list: [1, null, true, { text: "ok" }], more: "a\u0085" })).toEqual([
        { path: ["more"], message: expect.stringContaining("U+0085 at character 2") as unknown },
    ]);
});
