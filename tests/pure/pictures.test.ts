import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { LAB_DEFINITIONS } from "../../lab/definitions";
import { mapOf } from "../../report/map/content";
import { asSvg } from "../../report/map/svg";
import { loadSubstrate } from "../../substrate/load";

const PICTURE = join(resolve(__dirname, "../.."), "docs/pictures/map.svg");

test("the README's map is the one that is drawn of the lab's tenants; WRITE_PICTURES=1 writes it", () => {
    const drawn = asSvg(mapOf(loadSubstrate({ root: LAB_DEFINITIONS, substrate: "dvntm" })));
    if (process.env["WRITE_PICTURES"] === "1") {
        writeFileSync(PICTURE, drawn);
    }
    expect(readFileSync(PICTURE, "utf8")).toBe(drawn);
});
