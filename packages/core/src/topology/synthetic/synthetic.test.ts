import * as fc from "fast-check";
import { expect, test } from "vitest";
import { EvenkeelError } from "../../error/evenkeel-error.ts";
import { smallMachine, wideMachine } from "../testing/arbitrary-machine.ts";
import { syntheticTopology, topologyOf } from "./build.ts";
import { parseSynthetic } from "./parse.ts";
import { printSynthetic } from "./print.ts";

test("what is printed is read back as the same machine", () => {
  fc.assert(
    fc.property(fc.oneof(smallMachine, wideMachine), (machine) => {
      expect(parseSynthetic(printSynthetic(machine))).toEqual(machine);
    }),
  );
});
