/** Oldest Node.js that the project and its npm packages run on; `engines` in package.json says the same. */
var OLDEST = "20.19.0";

/** Message for an older Node.js, in one line; an empty text where this one is new enough. */
function tooOld(version) {
    var own = version.split(".").map(Number);
    var oldest = OLDEST.split(".").map(Number);
    for (var at = 0; at < oldest.length; at++) {
        if (own[at] !== oldest[at]) {
            return own[at] > oldest[at]
                ? ""
                : "Node.js: " +
                      version +
                      " runs this (" +
                      process.execPath +
                      "), " +
                      OLDEST +
                      " or newer is needed: https://nodejs.org/en/download";
        }
    }
    return "";
}

/** Ends the process with one line where its Node.js is too old. What an old one reads, this file, has no newer syntax. */
function refuseOld() {
    var told = tooOld(process.versions.node);
    if (told !== "") {
        console.error(told);
        process.exit(1);
    }
}

module.exports = { OLDEST: OLDEST, refuseOld: refuseOld };
