import { expect, test } from "vitest";
import { commands } from "./commands.ts";

test("a flag that is off by default has no negation, which would say nothing", () => {
  const negated = commands.flatMap(({ name, command }) => {
    const flags = "parameters" in command ? (command.parameters.flags ?? {}) : {};
    return Object.entries(flags)
      .filter(([, flag]) => flag.kind === "boolean" && flag.withNegated !== false)
      .map(([flag]) => `${name} --${flag}`);
  });
  expect(negated).toEqual([]);
});
