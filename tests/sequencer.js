const { default: Sequencer } = require("@jest/test-sequencer");

/**
 * Order of the test files: those that take minutes first, so that none of them is left alone at the end. With TEST_SEED it is
 * a random order instead, the same one for the same seed: files that depend on each other, or on luck, show it.
 */
module.exports = class extends Sequencer {
    sort(tests) {
        const { TEST_SEED: seed } = process.env;
        const order = super.sort(tests);
        return seed ? shuffled(order, Number(seed)) : order.sort((a, b) => Number(isLong(b)) - Number(isLong(a)));
    }
};

function isLong({ path }) {
    return path.includes("/tests/acceptance/");
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
