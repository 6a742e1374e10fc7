import { expect, test } from "vitest";
import { mapping, orbitsFixing } from "./orbits.ts";

const image = (...of: number[]): Int32Array => Int32Array.from(of);

test("a mapping maps one order onto the other, place by place", () => {
  expect(mapping(image(2, 0, 1), image(1, 2, 0))).toEqual(image(2, 0, 1));
});

test("without automorphisms every vertex is alone", () => {
  const orbits = orbitsFixing([], 3, []);
  expect(orbits.joins(1, 1)).toBe(true);
  expect(orbits.joins(1, 2)).toBe(false);
});

test("orbits grow with the automorphisms, also with those found later", () => {
  const automorphisms = [image(1, 0, 2, 3, 4)];
  const orbits = orbitsFixing([], 5, automorphisms);
  expect(orbits.joins(0, 1)).toBe(true);
  expect(orbits.joins(0, 2)).toBe(false);
  automorphisms.push(image(0, 2, 1, 3, 4));
  expect(orbits.joins(0, 2)).toBe(true);
  expect(orbits.joins(3, 4)).toBe(false);
});

test("an automorphism that moves a fixed vertex joins nothing", () => {
  const orbits = orbitsFixing([3], 5, [image(1, 0, 2, 4, 3), image(0, 2, 1, 3, 4)]);
  expect(orbits.joins(0, 1)).toBe(false);
  expect(orbits.joins(1, 2)).toBe(true);
});

test("the fixed vertices are copied at the start", () => {
  const path = [0];
  const orbits = orbitsFixing(path, 3, [image(0, 2, 1)]);
  path.push(1);
  expect(orbits.joins(1, 2)).toBe(true);
});
