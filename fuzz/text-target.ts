import { mutatedText } from "./mutate-text.ts";
import { chosen, type Found, type Target } from "./target.ts";

/** A target for a reader of texts, with samples that it reads. */
export function textTarget(
  name: string,
  prepare: () => Promise<{
    readonly samples: readonly string[];
    readonly read: (text: string) => Found | Promise<Found>;
    readonly baseMs?: number;
  }>,
): Target {
  return {
    name,
    async prepare() {
      const { samples, read, ...limit } = await prepare();
      const ascending = samples.toSorted((a, b) => a.length - b.length);
      return (random) => {
        const text = mutatedText(chosen(ascending, random), samples, random);
        return { read: () => read(text), input: () => text, ...limit };
      };
    },
  };
}
