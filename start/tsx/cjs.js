/**
 * Earlier releases wrote into a state that the provider of its router resources is loaded by `tsx/cjs`. Such a state is refreshed
 * and destroyed by this; an up writes the new name.
 */
require("../typescript");
