import type { Target } from "../target.ts";

/** Readers that break each promise, to test that it is noticed. */
export const targets: readonly Target[] = [
  hostile("hangs", () => {
    for (;;) Math.sqrt(2);
  }),
  hostile("grows", () => {
    const kept: number[][] = [];
    for (;;) kept.push(Array.from({ length: 10_000 }, () => kept.length + 0.5));
  }),
  hostile("crashes", () => {
    throw new TypeError("x is not a function");
  }),
];

/** Does harm for one input in four. */
function hostile(name: string, harm: () => void): Target {
  return {
    name,
    prepare: async () => (random) => {
      const harmful = random.once(4);
      return {
        read: () => {
          if (harmful) harm();
          return null;
        },
        input: () => (harmful ? "harmful" : "harmless"),
      };
    },
  };
}
