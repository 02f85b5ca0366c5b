// Compares two pictures of one size: node compare.js KEPT SHOT DIFFERENCE. Prints how many pixels there are and how many differ, and draws
// where into the third file. A program of its own, since loops over pixels are a hundred times slower within Jest's sandbox.
const { readFileSync, writeFileSync } = require("node:fs");
const pixelmatch = require("pixelmatch");
const { PNG } = require("pngjs");

/** How far a pixel's colour may be off, of 1. Edges of letters that are smoothed otherwise are left out by pixelmatch itself. */
const THRESHOLD = 0.2;

const [kept, shot, file] = process.argv.slice(2);
const [before, now] = [kept, shot].map((picture) => PNG.sync.read(readFileSync(picture)));
const { width, height } = now;
const same = before.width === width && before.height === height;
const drawn = new PNG({ width, height });
const differing = same
    ? pixelmatch(before.data, now.data, drawn.data, width, height, { threshold: THRESHOLD })
    : width * height;
writeFileSync(file, PNG.sync.write(drawn));
console.log(JSON.stringify({ pixels: width * height, differing }));
