/** npm's dependency solver, loaded when somebody asks for a part of it. */
module.exports = new Proxy(
    {},
    { get: (_, name) => name === "__esModule" || require("../../../node_modules/@npmcli/arborist/lib/index.js")[name] },
);
