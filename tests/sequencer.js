const { default: Sequencer } = require("@jest/test-sequencer");

/** Files that take minutes, the longest first. Of the others jest knows how long each took, where it ran them before. */
const LONGEST = [
    "acceptance/lifecycleMatrix",
    "acceptance/kills",
    "acceptance/runbooks/firstSubstrate",
    "acceptance/routerFaults",
    "acceptance/runbooks/daily",
    "acceptance/state",
    "acceptance/runbooks/readme",
    "tools/supply",
    "acceptance/faults",
    "acceptance/commandLine",
    "acceptance/teardown",
    "acceptance/conformance",
    "acceptance/nodeDrift",
    "acceptance/examples",
    "acceptance/runbooks/dvnt",
    "acceptance/",
];

/**
 * Order of the test files: those that take minutes first, so that none of them is left alone at the end. With TEST_SEED it is
 * a random order instead, the same one for the same seed: files that depend on each other, or on luck, show it.
 */
module.exports = class extends Sequencer {
    sort(tests) {
        const { TEST_SEED: seed } = process.env;
        const order = super.sort(tests);
        return seed ? shuffled(order, Number(seed)) : order.sort((a, b) => placeOf(a) - placeOf(b));
    }
};

function placeOf({ path }) {
    const place = LONGEST.findIndex((begins) => path.includes(`/tests/${begins}`));
    return place < 0 ? LONGEST.length : place;
}

function shuffled(tests, seed) {
    const random = randomFrom(seed);
    const drawn = tests.map((test) => [random(), test]);
    return drawn.sort(([a], [b]) => a - b).map(([, test]) => test);
}

/** Numbers from 0 to 1 by a linear congruential generator (Numerical Recipes, chapter 7.1). */
function randomFrom(seed) {
    let state = seed >>> 0;
    return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}
