import { expect, test } from "vitest";
import { attribute, child, childrenNamed, element, textOf } from "./element.ts";

const tree = element("domain", { type: "kvm", id: 7 }, [
  "\n  one ",
  element("vcpu", {}, ["4"]),
  element("device", { name: "a" }),
  "two\n",
  element("device", { name: "b" }),
]);

test("children are found by name, in their order", () => {
  expect(childrenNamed(tree, "device").map((e) => attribute(e, "name"))).toEqual(["a", "b"]);
  expect(child(tree, "device")).toBe(childrenNamed(tree, "device")[0]);
  expect(child(tree, "absent")).toBeNull();
});

test("numbers become attributes as decimals and absent attributes are null", () => {
  expect(attribute(tree, "id")).toBe("7");
  expect(attribute(tree, "__proto__")).toBeNull();
});

test("the text of an element excludes that of its children", () => {
  expect(textOf(tree)).toBe("one two");
});
