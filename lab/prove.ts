/** The proof of isolation: what `make prove` runs. Exit 0: all as declared; 1: mismatches, or it could not be measured. */
import { mismatchesOf } from "./proof/findings";
import { prove } from "./proof/run";
void prove({ say: (s) => console.error(s), ...(process.argv[2] ? { vms: Number(process.argv[2]) } : {}) }).then((p) => {
    for (const f of mismatchesOf(p).slice(0, 60))
        console.log(`${f.what}: expected ${f.expected}; measured ${f.measured}`);
    for (const f of [...p.spoofing, ...p.controls])
        console.log(`${f.ok} ${f.what}: expected ${f.expected}; measured ${f.measured}`);
    console.log(p.matrix.length, p.addresses.length, p.names.length, mismatchesOf(p).length, p.seconds);
});
