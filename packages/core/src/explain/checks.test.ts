import { expect, test } from "vitest";
import { alterations } from "../../testing/explain/altered/alterations.ts";
import { cleanVm } from "../../testing/explain/clean.ts";
import { examine } from "./examine.ts";

const statesOf = (evidence: ReturnType<typeof cleanVm>): ReadonlyMap<string, string> => {
  const [subject] = examine("twin-host", [evidence]).subjects;
  return new Map((subject?.checks ?? []).map(({ id, state }) => [id, state]));
};

test("every check of the guides has an answer, and what no cause looks at says how to look", () => {
  const [subject] = examine("twin-host", [cleanVm(0)]).subjects;
  expect(subject?.checks.map(({ id }) => id)).toEqual(
    Array.from({ length: 20 }, (_, i) => `P${i + 1}`),
  );
  for (const { state, otherwise, found } of subject?.checks ?? []) {
    expect(state).not.toBe("not as asked");
    if (state === "not looked at") expect(otherwise).not.toBeNull();
    if (state === "in order") expect(found).not.toBeNull();
  }
});

test.each([
  ["P8", "port-link-untrue"],
  ["P14", "link-slow"],
  ["P18", "host-device-near"],
  ["P6", "relaxed-ordering-off"],
])("%s is not as asked where %s is found, and in order without", (id, code) => {
  const altered = alterations.find((one) => one.code === code);
  const clean = cleanVm(0);
  expect(statesOf(clean).get(id)).toBe("in order");
  expect(statesOf(altered?.alter(clean) ?? clean).get(id)).toBe("not as asked");
});
