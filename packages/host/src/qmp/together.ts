import { at } from "@evenkeel/core/unit/list.ts";

/** The most characters and questions that go together; a single question may be longer. */
export interface TogetherLimits {
  readonly characters: number;
  readonly questions: number;
}

interface Waiting {
  readonly question: string;
  readonly resolve: (answer: string) => void;
  readonly reject: (why: unknown) => void;
}

/**
 * Puts together what is asked at the same time: everything that is asked before the program waits
 * again goes in one call of `run`, or in a few where it is more than the limits.
 *
 * @param run answers each question, in their order; where it fails, all of them have failed.
 */
export function together(
  run: (questions: readonly string[]) => Promise<readonly string[]>,
  limits: TogetherLimits,
): (question: string) => Promise<string> {
  let waiting: Waiting[] = [];
  const runAll = async (): Promise<void> => {
    const asked = waiting;
    waiting = [];
    for (const part of partsOf(asked, limits)) {
      try {
        const answers = await run(part.map(({ question }) => question));
        for (const [i, { resolve }] of part.entries()) resolve(at(answers, i));
      } catch (error) {
        for (const { reject } of part) reject(error);
      }
    }
  };
  return (question) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    if (waiting.length === 0) setImmediate(() => void runAll());
    waiting.push({ question, resolve, reject });
    return promise;
  };
}

function partsOf(all: readonly Waiting[], limits: TogetherLimits): readonly Waiting[][] {
  const parts: Waiting[][] = [];
  let characters = Infinity;
  for (const one of all) {
    const part = parts.at(-1) ?? [];
    characters += one.question.length;
    if (characters <= limits.characters && part.length < limits.questions) part.push(one);
    else {
      parts.push([one]);
      characters = one.question.length;
    }
  }
  return parts;
}
