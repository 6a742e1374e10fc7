import { expect, test } from "vitest";
import { indexSet } from "../../set/index-set.ts";
import { orderOf, type UsableCore } from "./cores.ts";
import { freeCores, shares } from "./exclusive.ts";

/** All small cases: up to six cores of up to three classes and two caches, for up to seven GPUs. */

const classes = [0, 1, null] as const;

function* smallNodes(): Generator<readonly UsableCore[]> {
  for (let count = 0; count <= 6; count += 1) {
    for (let code = 0; code < 6 ** Math.min(count, 4); code += 1) {
      yield Array.from({ length: count }, (_, i): UsableCore => {
        const kind = Math.floor(code / 6 ** (i % 4)) % 6;
        const core = {
          id: i,
          package: 0,
          die: null,
          cluster: null,
          l3: kind % 2,
          node: 0,
          class: classes[Math.floor(kind / 2)] ?? null,
          cpus: `${i}`,
        };
        return { core, cpus: indexSet([i]), isWhole: true, first: i };
      });
    }
  }
}

test("shares are disjoint, cover all, and are as even as can be in each class", () => {
  for (const cores of smallNodes()) {
    for (let count = 1; count <= 7; count += 1) {
      const divided = shares(cores, count);
      const given = divided.flat().map(({ first }) => first);
      const isExact = given.length === cores.length && new Set(given).size === cores.length;
      const uneven = classes.filter((of) => {
        const sizes = divided.map((share) => share.filter(({ core }) => core.class === of).length);
        // The first have the remainder.
        const [most, least] = [Math.max(...sizes), Math.min(...sizes)];
        const sorted = sizes.toSorted((a, b) => b - a);
        return most - least > 1 || sizes.join() !== sorted.join();
      });
      if (divided.length !== count || !isExact || uneven.length > 0) {
        expect({ cores, count, divided }).toBe("even, disjoint and complete");
      }
    }
  }
});

test("a share has the fastest class first, and of a class what is below one cache together", () => {
  for (const cores of smallNodes()) {
    for (const share of shares(cores, 2)) {
      const order = share.map(({ core }) => [
        classes.findIndex((one) => one === core.class),
        orderOf(core.l3),
      ]);
      const sorted = order.toSorted(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d);
      if (order.join() !== sorted.join()) expect(order).toEqual(sorted);
    }
  }
});

test("what others hold of a share is replaced from the end of the node, as far as there is any", () => {
  for (const cores of smallNodes()) {
    const [own = []] = shares(cores, 2);
    for (let held = 0; held < 2 ** cores.length; held += 7) {
      const isHeld = ({ first }: UsableCore): boolean => ((held >> first) & 1) === 1;
      const free = freeCores(cores, own, isHeld);
      const left = cores.filter((core) => !isHeld(core));
      const kept = own.filter((core) => !isHeld(core));
      const isRight =
        !free.some(isHeld) &&
        new Set(free).size === free.length &&
        free.length === Math.min(own.length, left.length) &&
        kept.every((core) => free.includes(core));
      if (!isRight) expect({ cores, held, free }).toBe("free cores, its own first");
      const others = free.slice(kept.length).map(({ first }) => first);
      const last = left.filter((core) => !own.includes(core)).map(({ first }) => first);
      if (others.join() !== last.toReversed().slice(0, others.length).join()) {
        expect(others).toEqual(last);
      }
    }
  }
});
