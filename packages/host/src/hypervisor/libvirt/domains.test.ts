import { expect, test } from "vitest";
import { listedDomains } from "./domains.ts";

const uuid = "11111111-2222-3333-4444-555555555555";

test("the list of domains gives UUIDs and names, which may contain blanks", () => {
  expect(listedDomains(` ${uuid}   llm a \n\n${uuid}  b\nerror\n`)).toEqual([
    { uuid, name: "llm a" },
    { uuid, name: "b" },
  ]);
});

test("a name of blanks costs time in proportion to its length", () => {
  const before = process.cpuUsage();
  const name = `a${" ".repeat(200_000)}b`;
  expect(listedDomains(`${uuid} ${name}\n`)).toEqual([{ uuid, name }]);
  expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
});
